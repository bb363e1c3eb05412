//! The plain backend, with its calls counted and its results spoiled on request.

use std::cell::{Cell, RefCell};

use leastwise_core::factor::{PivotedQr, QrFactors, Triangle, Triangularized};
use leastwise_core::{
    Eigen, Engine, EngineInfo, Error, Factorizations, LeastSquares, Mat, MatMul, MatMut, MatRef,
    Result, Svd,
};
use leastwise_plain::Plain;

/// The largest relative error of a stable factorisation of up to 5 rows: the constants of Householder QR and of Jacobi
/// rotations for such sizes are below 100 (N. Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., §19.3).
pub(crate) const ROUNDING: f64 = 100.0 * (f64::EPSILON / 2.0);

/// The plain backend, of which the tests see every factorisation.
#[derive(Default)]
pub(crate) struct Watched {
    /// The matrices that the library has factorised.
    pub(crate) seen: RefCell<Vec<Mat<f64>>>,
    /// This many factorisations are still refused as wrong.
    pub(crate) wrong: Cell<usize>,
    /// The part of every result of which one entry is NaN.
    pub(crate) spoiled: Option<&'static str>,
    /// The size of blocks of rows.
    pub(crate) rows_per_block: Option<usize>,
    /// How often the size of blocks was read.
    pub(crate) block_questions: Cell<usize>,
    /// How many products the library has computed.
    pub(crate) products: Cell<usize>,
}

impl Watched {
    pub(crate) fn spoiling(part: &'static str) -> Self {
        Self {
            spoiled: Some(part),
            ..Self::default()
        }
    }

    pub(crate) fn wrong(times: usize) -> Self {
        Self {
            wrong: Cell::new(times),
            ..Self::default()
        }
    }

    pub(crate) fn calls(&self) -> usize {
        self.seen.borrow().len()
    }

    fn see(&self, operation: &'static str, a: &Mat<f64>) -> Result<()> {
        self.seen.borrow_mut().push(a.clone());
        let Some(left) = self.wrong.get().checked_sub(1) else {
            return Ok(());
        };
        self.wrong.set(left);
        Err(Error::WrongResult {
            operation,
            backend: "plain",
            detail: "as planned".to_owned(),
        })
    }

    /// Spoils the last entry of a part with this name.
    fn spoil(&self, part: &'static str, entries: &mut [f64]) {
        if self.spoiled == Some(part)
            && let Some(last) = entries.last_mut()
        {
            *last = f64::NAN;
        }
    }
}

struct Factors {
    sound: Box<dyn QrFactors<f64>>,
    spoils_r: bool,
    spoils_q: bool,
}

impl QrFactors<f64> for Factors {
    fn r(&self) -> Mat<f64> {
        let mut r = self.sound.r();
        let last = r.cols() - 1;
        if self.spoils_r {
            r[(last, last)] = f64::NAN;
        }
        r
    }

    fn mul_q(&self, y: Mat<f64>) -> Result<Mat<f64>> {
        let mut x = self.sound.mul_q(y)?;
        if self.spoils_q {
            x[(0, 0)] = f64::NAN;
        }
        Ok(x)
    }
}

impl Engine for Watched {
    fn info(&self) -> EngineInfo {
        Plain.info()
    }
}

impl MatMul<f64> for Watched {
    fn matmul_impl(
        &self,
        alpha: f64,
        a: MatRef<'_, f64>,
        b: MatRef<'_, f64>,
        beta: f64,
        c: MatMut<'_, f64>,
    ) -> Result<()> {
        self.products.set(self.products.get() + 1);
        Plain.matmul_impl(alpha, a, b, beta, c)
    }
}

impl Factorizations<f64> for Watched {
    fn rows_per_block(&self, _: usize, _: usize) -> Option<usize> {
        self.block_questions.set(self.block_questions.get() + 1);
        self.rows_per_block
    }

    fn qr_impl(&self, a: Mat<f64>) -> Result<Box<dyn QrFactors<f64>>> {
        self.see("qr", &a)?;
        Ok(Box::new(Factors {
            sound: Plain.qr_impl(a)?,
            spoils_r: self.spoiled == Some("r"),
            spoils_q: self.spoiled == Some("q"),
        }))
    }

    fn triangularize_impl(&self, a: Mat<f64>, b: Mat<f64>) -> Result<Triangularized<f64>> {
        self.see("triangularize", &a)?;
        let mut split = Plain.triangularize_impl(a, b)?;
        self.spoil("r", split.r.data_mut());
        self.spoil("c", split.c.data_mut());
        self.spoil("residual_norms", &mut split.residual_norms);
        Ok(split)
    }

    fn pivoted_qr_impl(&self, a: Mat<f64>, c: Mat<f64>) -> Result<PivotedQr<f64>> {
        self.see("pivoted_qr", &a)?;
        Plain.pivoted_qr_impl(a, c)
    }

    fn svd_impl(&self, a: Mat<f64>) -> Result<Svd<f64>> {
        self.see("svd", &a)?;
        let mut svd = Plain.svd_impl(a)?;
        self.spoil("u", svd.u.data_mut());
        self.spoil("s", &mut svd.s);
        self.spoil("v", svd.v.data_mut());
        Ok(svd)
    }

    fn symmetric_eigen_impl(&self, a: Mat<f64>) -> Result<Eigen<f64>> {
        self.see("symmetric_eigen", &a)?;
        let mut eigen = Plain.symmetric_eigen_impl(a)?;
        self.spoil("v", eigen.vectors.data_mut());
        self.spoil("w", &mut eigen.values);
        Ok(eigen)
    }

    fn cholesky_impl(&self, a: Mat<f64>) -> Result<Mat<f64>> {
        self.see("cholesky", &a)?;
        let mut l = Plain.cholesky_impl(a)?;
        self.spoil("l", l.data_mut());
        Ok(l)
    }

    fn solve_triangular_impl(
        &self,
        t: MatRef<'_, f64>,
        triangle: Triangle,
        mut x: MatMut<'_, f64>,
    ) -> Result<()> {
        Plain.solve_triangular_impl(t, triangle, x.reborrow())?;
        if self.spoiled == Some("x") {
            x[(0, 0)] = f64::NAN;
        }
        Ok(())
    }
}

impl LeastSquares<f64> for Watched {}

/// The matrix with these rows.
pub(crate) fn rows<const N: usize>(rows: &[[f64; N]]) -> Mat<f64> {
    Mat::from_fn(rows.len(), N, |i, j| rows[i][j])
}

/// 2ᵖ·A, exact for the small integers of these tests.
pub(crate) fn times(a: &Mat<f64>, power: i32) -> Mat<f64> {
    Mat::from_fn(a.rows(), a.cols(), |i, j| a[(i, j)] * 2f64.powi(power))
}

/// AᵀB
pub(crate) fn transposed_product(a: &Mat<f64>, b: &Mat<f64>) -> Mat<f64> {
    let entry = |i, j| (0..a.rows()).map(|k| a[(k, i)] * b[(k, j)]).sum();
    Mat::from_fn(a.cols(), b.cols(), entry)
}

/// U·diag(s)·Vᵀ
pub(crate) fn composed(u: &Mat<f64>, s: &[f64], v: &Mat<f64>) -> Mat<f64> {
    let entry = |i, j| (0..s.len()).map(|k| u[(i, k)] * s[k] * v[(j, k)]).sum();
    Mat::from_fn(u.rows(), v.rows(), entry)
}

/// Compares entries with an error of `size` times [`ROUNDING`].
#[track_caller]
pub(crate) fn assert_close(found: &Mat<f64>, expected: &Mat<f64>, size: f64) {
    assert_eq!(
        (found.rows(), found.cols()),
        (expected.rows(), expected.cols())
    );
    for (x, y) in found.data().iter().zip(expected.data()) {
        let is_close = (x - y).abs() <= ROUNDING * size;
        assert!(is_close, "{found:?} is not {expected:?}");
    }
}

/// Compares numbers with an error of `size` times [`ROUNDING`].
#[track_caller]
pub(crate) fn assert_all_close(found: &[f64], expected: &[f64], size: f64) {
    let column = |x: &[f64]| Mat::from_fn(x.len(), 1, |i, _| x[i]);
    assert_close(&column(found), &column(expected), size);
}

/// The error is that a result is wrong, and names this part.
#[track_caller]
pub(crate) fn assert_wrong<R>(outcome: Result<R>, operation: &str, part: &str) {
    let message = outcome.err().expect("an error").to_string();
    let expected = format!(
        "{operation}: plain returned a wrong result as success: {part} has an entry that is not finite"
    );
    assert_eq!(message, expected);
}

#[track_caller]
pub(crate) fn assert_message<R>(outcome: Result<R>, expected: &str) {
    assert_eq!(outcome.err().expect("an error").to_string(), expected);
}
