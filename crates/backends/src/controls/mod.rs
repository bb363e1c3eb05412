//! The controls: what a backend does, by its library alone.
//!
//! A control does the same job by hand, as a careful user of the library writes it: it copies A and
//! B, because the library overwrites them, factorises, applies Qᵀ, and solves with R or with the SVD
//! of R. What the call through the traits costs beyond that is the cost of the adapter: its checks
//! of shapes, finiteness, condition and result, and what it wastes. A control checks nothing but
//! what its library says, so its answer has to be verified before it is timed.
//!
//! They stand beside the adapters because both call the same generic functions of the libraries: compiled in one
//! crate, those are compiled once.

mod faer;
mod nalgebra;
mod ndarray;
mod shared;

use leastwise_core::{Mat, MatMut, MatRef, Method};

use crate::scalar::Libraries;

/// Least squares by a library alone.
pub struct Control<T> {
    /// The name of the backend over the same library.
    pub backend: &'static str,
    /// X (n×k) of min ‖A·X − B‖_F for A m×n, m ≥ n.
    ///
    /// The SVD counts singular values at or below max(m, n)·ε·σ₁ as zero and so gives the minimum
    /// norm; the other methods are for full rank alone.
    pub solve: Solve<T>,
    /// The method of the backend that does the same.
    pub method: Method,
}

/// X for A and B, or why there is none: "not offered" for a wide A, or what the library says.
pub type Solve<T> = fn(&Mat<T>, &Mat<T>) -> Result<Mat<T>, String>;

/// A matrix product by a library alone.
pub struct ProductControl<T> {
    /// The name of the backend over the same library.
    pub backend: &'static str,
    /// C ← A·B.
    pub multiply: Multiply<T>,
}

/// C ← A·B.
pub type Multiply<T> = fn(MatRef<'_, T>, MatRef<'_, T>, MatMut<'_, T>);

pub(crate) fn least_squares<T: Libraries>() -> Vec<Control<T>> {
    let control = |backend, method, solve| Control {
        backend,
        solve,
        method,
    };
    vec![
        control("faer", Method::Svd, faer::svd),
        control("faer", Method::Qr, faer::qr),
        control("faer", Method::Cholesky, faer::cholesky),
        control("nalgebra", Method::Svd, nalgebra::svd),
        control("nalgebra", Method::Qr, nalgebra::qr),
        control("nalgebra", Method::Cholesky, nalgebra::cholesky),
        control("ndarray", Method::Svd, ndarray::svd),
        control("ndarray", Method::Qr, ndarray::qr),
        control("ndarray", Method::Cholesky, ndarray::cholesky),
    ]
}

pub(crate) fn products<T: Libraries>() -> Vec<ProductControl<T>> {
    let control = |backend, multiply| ProductControl { backend, multiply };
    vec![
        control("faer", faer::product),
        control("nalgebra", nalgebra::product),
        control("ndarray", ndarray::product),
    ]
}
