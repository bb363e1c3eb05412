//! The suite rejects backends that are broken on purpose. The check that is meant for a fault must
//! detect it.

use std::sync::Arc;

use leastwise_conformance::suite;
use leastwise_core::factor::{PivotedQr, QrFactors, Triangle, Triangularized};
use leastwise_core::{
    Backend, Eigen, Engine, EngineInfo, Factorizations, LeastSquares, LstsqOptions, Mat, MatMul,
    MatMut, MatRef, Method, Result, Solution, Svd,
};

type Spoil = fn(&mut Solution<f64>, &Mat<f64>);
type Product = fn(f64, MatRef<'_, f64>, MatRef<'_, f64>, f64, MatMut<'_, f64>) -> Result<()>;

/// A correct backend with one fault.
#[derive(Clone)]
struct Broken {
    sound: Arc<dyn Backend<f64>>,
    /// Changes a solution after the fact; also sees A.
    spoil: Option<Spoil>,
    /// Instead of the sound product.
    product: Option<Product>,
    /// Solves in f32.
    in_f32: bool,
    /// Answers by SVD where the method has to refuse.
    careless: bool,
}

impl Broken {
    fn sound() -> Self {
        Self {
            sound: Arc::new(leastwise_faer::Faer::default()),
            spoil: None,
            product: None,
            in_f32: false,
            careless: false,
        }
    }

    fn solving(spoil: Spoil) -> Self {
        Self {
            spoil: Some(spoil),
            ..Self::sound()
        }
    }

    fn multiplying(product: Product) -> Self {
        Self {
            product: Some(product),
            ..Self::sound()
        }
    }
}

impl Engine for Broken {
    fn info(&self) -> EngineInfo {
        self.sound.info()
    }
}

impl MatMul<f64> for Broken {
    fn matmul_impl(
        &self,
        alpha: f64,
        a: MatRef<'_, f64>,
        b: MatRef<'_, f64>,
        beta: f64,
        c: MatMut<'_, f64>,
    ) -> Result<()> {
        match self.product {
            Some(product) => product(alpha, a, b, beta, c),
            None => self.sound.matmul_impl(alpha, a, b, beta, c),
        }
    }
}

impl Factorizations<f64> for Broken {
    fn qr_impl(&self, a: Mat<f64>) -> Result<Box<dyn QrFactors<f64>>> {
        self.sound.qr_impl(a)
    }

    fn triangularize_impl(&self, a: Mat<f64>, b: Mat<f64>) -> Result<Triangularized<f64>> {
        self.sound.triangularize_impl(a, b)
    }

    fn pivoted_qr_impl(&self, a: Mat<f64>, c: Mat<f64>) -> Result<PivotedQr<f64>> {
        self.sound.pivoted_qr_impl(a, c)
    }

    fn svd_impl(&self, a: Mat<f64>) -> Result<Svd<f64>> {
        self.sound.svd_impl(a)
    }

    fn symmetric_eigen_impl(&self, a: Mat<f64>) -> Result<Eigen<f64>> {
        self.sound.symmetric_eigen_impl(a)
    }

    fn cholesky_impl(&self, a: Mat<f64>) -> Result<Mat<f64>> {
        self.sound.cholesky_impl(a)
    }

    fn solve_triangular_impl(
        &self,
        t: MatRef<'_, f64>,
        triangle: Triangle,
        x: MatMut<'_, f64>,
    ) -> Result<()> {
        self.sound.solve_triangular_impl(t, triangle, x)
    }
}

impl LeastSquares<f64> for Broken {
    fn lstsq(
        &self,
        a: MatRef<'_, f64>,
        b: MatRef<'_, f64>,
        options: &LstsqOptions<f64>,
    ) -> Result<Solution<f64>> {
        let by_svd = LstsqOptions::new(Method::Svd);
        let options = if self.careless { &by_svd } else { options };
        let mut solution = if self.in_f32 {
            solve_in_f32(a, b, options)?
        } else {
            self.sound.lstsq(a, b, options)?
        };
        if let Some(spoil) = self.spoil {
            spoil(&mut solution, &a.to_mat());
        }
        Ok(solution)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the fault")]
fn solve_in_f32(
    a: MatRef<'_, f64>,
    b: MatRef<'_, f64>,
    options: &LstsqOptions<f64>,
) -> Result<Solution<f64>> {
    let narrow = |a: MatRef<'_, f64>| Mat::from_fn(a.rows(), a.cols(), |i, j| a[(i, j)] as f32);
    let options = LstsqOptions::new(options.method);
    let backend = leastwise_faer::Faer::default();
    let found = backend.lstsq(narrow(a).as_ref(), narrow(b).as_ref(), &options)?;
    let x = &found.x;
    Ok(Solution {
        x: Mat::from_fn(x.rows(), x.cols(), |i, j| f64::from(x[(i, j)])),
        rank: found.rank,
        method: found.method,
        residual_norms: None,
        singular_values: None,
    })
}

/// Runs the cases that `filter` chooses and asserts that `check` is among the failures.
#[track_caller]
fn assert_rejected(backend: &Broken, filter: &str, check: &str) {
    let report = suite::run_chosen::<f64>(backend, &[], Some(filter));
    assert!(report.cases > 0, "{filter} chooses nothing");
    let rejected = report
        .failures
        .iter()
        .any(|failure| failure.check.ends_with(check));
    assert!(rejected, "no failure of {check}: {report}");
    let sound = suite::run_chosen::<f64>(&Broken::sound(), &[], Some(filter));
    assert!(sound.failures.is_empty(), "{sound}");
}

const SOLVE: &str = "f64/lstsq/condition-1e2-12x8";

#[test]
fn a_transposed_operand() {
    let product: Product = |alpha, a, b, beta, c| {
        let a = if a.rows() == a.cols() {
            a.transpose()
        } else {
            a
        };
        leastwise_faer::Faer::default().matmul_impl(alpha, a, b, beta, c)
    };
    assert_rejected(&Broken::multiplying(product), "f64/matmul/5x5x5", "/error");
}

#[test]
fn an_ignored_beta() {
    let product: Product =
        |alpha, a, b, _, c| leastwise_faer::Faer::default().matmul_impl(alpha, a, b, 0.0, c);
    assert_rejected(
        &Broken::multiplying(product),
        "f64/matmul/7x3x6-ccc-beta1",
        "/error",
    );
}

#[test]
fn a_beta_of_zero_that_reads_c() {
    let product: Product = |alpha, a, b, beta, mut c| {
        let before = c.as_ref().to_mat();
        leastwise_faer::Faer::default().matmul_impl(alpha, a, b, 0.0, c.reborrow())?;
        for j in 0..c.cols() {
            for i in 0..c.rows() {
                c[(i, j)] += beta * before[(i, j)];
            }
        }
        Ok(())
    };
    assert_rejected(
        &Broken::multiplying(product),
        "f64/matmul/7x3x6-ccc-beta0",
        "/error",
    );
}

#[test]
fn a_write_into_padding() {
    let product: Product = |alpha, a, b, beta, mut c| {
        leastwise_faer::Faer::default().matmul_impl(alpha, a, b, beta, c.reborrow())?;
        let (rows, by_columns) = (c.rows(), c.columns_are_contiguous());
        let data = c.into_data();
        if by_columns && data.len() > rows {
            data[rows] = 0.0;
        }
        Ok(())
    };
    assert_rejected(
        &Broken::multiplying(product),
        "f64/matmul/7x3x6-ccc",
        "/padding",
    );
}

#[test]
fn a_relative_error_of_one_millionth() {
    let backend = Broken::solving(|solution, _| solution.x[(0, 0)] *= 1.0 + 1e-6);
    assert_rejected(&backend, SOLVE, "/svd/backward error");
}

#[test]
fn a_basic_instead_of_the_minimum_norm_solution() {
    // Of ones(21, 6): all of the sum in the first entry minimises the residual as well.
    let backend = Broken::solving(|solution, _| {
        let sum = solution.x.col(0).iter().sum();
        solution.x.data_mut().fill(0.0);
        solution.x[(0, 0)] = sum;
    });
    assert_rejected(&backend, "f64/lstsq/ones-21x6", "/svd/null part");
}

#[test]
fn a_wrong_rank() {
    let backend = Broken::solving(|solution, _| solution.rank += 1);
    assert_rejected(&backend, "f64/lstsq/rank-at-most-3-10x6", "/svd/rank");
}

#[test]
fn garbage_with_success() {
    let backend = Broken::solving(|solution, _| solution.x.data_mut().fill(1e10));
    assert_rejected(&backend, SOLVE, "/qr/forward error");
}

#[test]
fn a_nan_with_success() {
    let backend = Broken::solving(|solution, _| solution.x[(0, 0)] = f64::NAN);
    assert_rejected(&backend, SOLVE, "/cholesky/forward error");
}

fn spoil_singular_value(solution: &mut Solution<f64>, place: usize) {
    if let Some(values) = &mut solution.singular_values {
        values[place] = f64::NAN;
    }
}

#[test]
fn a_list_that_is_too_short_or_holds_a_nan() {
    let check = "/svd/singular values";
    let short = Broken::solving(|solution, _| {
        solution.singular_values.as_mut().map(Vec::pop);
    });
    assert_rejected(&short, SOLVE, check);
    // The first, where a later number could hide it, and the second.
    let spoils: [Spoil; 2] = [
        |solution, _| spoil_singular_value(solution, 0),
        |solution, _| spoil_singular_value(solution, 1),
    ];
    for spoil in spoils {
        assert_rejected(&Broken::solving(spoil), SOLVE, check);
    }
    let no_norms = Broken::solving(|solution, _| {
        solution.residual_norms.iter_mut().for_each(Vec::clear);
    });
    assert_rejected(&no_norms, SOLVE, "/qr/reported residuals");
    let nan = Broken::solving(|solution, _| {
        solution
            .residual_norms
            .iter_mut()
            .flatten()
            .for_each(|r| *r = f64::NAN);
    });
    assert_rejected(&nan, SOLVE, "/qr/reported residual");
}

#[test]
fn a_panic_is_a_failure_with_a_name() {
    let backend = Broken::solving(|_, a| assert!(a.rows() < 12, "no room for {} rows", a.rows()));
    assert_rejected(&backend, SOLVE, "/complete-orthogonal/panic");
}

#[test]
fn arithmetic_in_f32() {
    let backend = Broken {
        in_f32: true,
        ..Broken::sound()
    };
    assert_rejected(&backend, SOLVE, "/svd/backward error");
}

#[test]
fn an_answer_where_there_should_be_a_refusal() {
    let backend = Broken {
        careless: true,
        ..Broken::sound()
    };
    assert_rejected(&backend, "f64/lstsq/ones-21x6", "/qr/rank");
}

#[test]
fn an_exclusion_has_to_be_needed() {
    let broken = Broken::solving(|solution, _| solution.rank += 1);
    let exclusions = [("f64/lstsq/zero-1x1/svd/rank", "planted")];
    let filter = Some("f64/lstsq/zero-1x1/svd");
    let report = suite::run_chosen::<f64>(&broken, &exclusions, filter);
    assert!(report.failures.is_empty(), "{report}");
    let unneeded = [("f64/matmul/", "nothing is wrong with it")];
    let report = suite::run_chosen::<f64>(&Broken::sound(), &unneeded, None);
    assert_eq!(report.failures.len(), 1, "{report}");
    assert!(
        report.failures[0]
            .detail
            .contains("no check of it fails any more")
    );
}
