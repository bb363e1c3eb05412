//! rlst 0.12.0 over the system's OpenBLAS.

use leastwise_contender::{
    Answer, Call, Contract, Failure, Library, Method, Part, Parts, Wrapped, by_qr, calls, rcond,
};
use leastwise_core::factor::Triangle;
use leastwise_core::{EngineInfo, Mat, Scalar, Svd};
use rlst::base_types::UpLo;
use rlst::dense::linalg::lapack::qr::{EnablePivoting, QMode};
use rlst::dense::linalg::lapack::singular_value_decomposition::SvdMode;
use rlst::{
    DynArray, Gemm, Lapack, Qr, RlstScalar, SingularValueDecomposition, Solve, SolveTriangular,
    dot_blas,
};

/// The scalar types that both support.
pub trait Both: Scalar + Lapack + Gemm + RlstScalar<Real = Self> {}
impl<T: Scalar + Lapack + Gemm + RlstScalar<Real = T>> Both for T {}

type Dense<T> = DynArray<T, 2>;

fn dense<T: Both>(a: &Mat<T>) -> Dense<T> {
    DynArray::from_shape_and_vec([a.rows(), a.cols()], a.data().to_vec())
}

fn mat<T: Both>(a: &Dense<T>) -> Mat<T> {
    let [rows, cols] = a.shape();
    Mat::from_fn(rows, cols, |i, j| a[[i, j]])
}

/// The library.
pub fn library() -> Library {
    Library {
        name: "rlst",
        library: "rlst",
        version: "0.12.0",
        double: all(),
        single: all(),
        backend: Some(Wrapped::new(
            || Box::new(Contract::<Rlst, f64>::default()),
            || Box::new(Contract::<Rlst, f32>::default()),
        )),
    }
}

fn all<T: Both>() -> Vec<Call<T>> {
    calls(&[
        ("pseudo_inverse · b", Method::Svd, |a, b| {
            let found = dense(a).pseudo_inverse(None, Some(rcond(a))).ok();
            found.map(|found| mat(&found.apply(&dense(b)))).into()
        }),
        ("solve", Method::Qr, |a, b| {
            dense(a).solve(&dense(b)).ok().map(|x| mat(&x)).into()
        }),
        ("qr, R⁻¹·Qᵀb", Method::Qr, |a, b| {
            if a.rows() < a.cols() {
                return Answer::NotOffered;
            }
            let factors = dense(a).qr(EnablePivoting::No).ok();
            let factors =
                factors.and_then(|qr| Some((qr.q_mat(QMode::Compact).ok()?, qr.r_mat().ok()?)));
            factors
                .map(|(q, r)| by_qr(b, a.cols(), |i, k| q[[i, k]], |i, j| r[[i, j]]))
                .into()
        }),
    ])
}

/// The parts of rlst.
#[derive(Clone, Copy, Debug)]
pub struct Rlst;

impl<T: Both> Parts<T> for Rlst {
    const INFO: EngineInfo = EngineInfo {
        name: "rlst-backend",
        engine: "rlst-backend",
        version: "0.12.0",
        threads: 1,
        product_kernel: "OpenBLAS",
        methods: &[
            (Method::Svd, "QR, gesdd"),
            (Method::CompleteOrthogonal, "QR, geqp3, QR"),
            (Method::Qr, "QR"),
        ],
    };

    fn product(a: &Mat<T>, b: &Mat<T>) -> Part<Mat<T>> {
        Ok(mat(&dot_blas!(dense(a).r(), dense(b).r())))
    }

    fn qr(a: &Mat<T>) -> Part<(Mat<T>, Mat<T>)> {
        let qr = dense(a).qr(EnablePivoting::No).map_err(Failure::refused)?;
        let q = qr.q_mat(QMode::Compact).map_err(Failure::refused)?;
        Ok((mat(&q), mat(&qr.r_mat().map_err(Failure::refused)?)))
    }

    fn pivoted_qr(a: &Mat<T>) -> Part<(Mat<T>, Mat<T>, Vec<usize>)> {
        let qr = dense(a).qr(EnablePivoting::Yes).map_err(Failure::refused)?;
        let q = qr.q_mat(QMode::Compact).map_err(Failure::refused)?;
        Ok((
            mat(&q),
            mat(&qr.r_mat().map_err(Failure::refused)?),
            qr.perm(),
        ))
    }

    fn svd(a: &Mat<T>) -> Part<Svd<T>> {
        let (s, u, vt) = dense(a).svd(SvdMode::Compact).map_err(Failure::refused)?;
        Ok(Svd {
            u: mat(&u),
            s: (0..a.rows()).map(|k| s[[k]]).collect(),
            v: mat(&vt).transposed(),
        })
    }

    fn solve_triangular(t: &Mat<T>, triangle: Triangle, x: &Mat<T>) -> Part<Mat<T>> {
        let uplo = match triangle {
            Triangle::Upper => UpLo::Upper,
            Triangle::Lower => UpLo::Lower,
        };
        Ok(mat(&dense(t)
            .solve_triangular(uplo, &dense(x))
            .map_err(Failure::refused)?))
    }
}
