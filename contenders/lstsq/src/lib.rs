//! lstsq 0.8.0: numpy's `lstsq` over nalgebra's SVD.

use leastwise_contender::{Call, Library, Method, by_columns, calls, rcond};
use leastwise_core::Scalar;
use nalgebra::{DMatrix, DVector, RealField};

/// The library.
pub fn library() -> Library {
    Library {
        name: "lstsq",
        library: "lstsq",
        version: "0.8.0",
        double: all(),
        single: all(),
        backend: None,
    }
}

fn all<T: Scalar + RealField>() -> Vec<Call<T>> {
    calls(&[("lstsq", Method::Svd, |a, b| {
        let matrix = DMatrix::from_column_slice(a.rows(), a.cols(), a.data());
        // Its limit is absolute, so that a user multiplies by a norm of A.
        let limit = rcond(a) * a.frobenius_norm();
        by_columns(a, b, |b| {
            let found = lstsq::lstsq(&matrix, &DVector::from_column_slice(b), limit);
            found.ok().map(|found| found.solution.as_slice().to_vec())
        })
    })])
}
