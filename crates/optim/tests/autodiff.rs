//! Jacobians by dual numbers, compared with closed forms.

use leastwise_core::{Backend, Error, Mat, MatMut, Result, Scalar};
use leastwise_faer::Faer;
use leastwise_optim::levenberg_marquardt::{DenseQr, TrustRegion};
use leastwise_optim::{
    AutoDiff, Budget, ClosureResidual, DifferentiableResidual, LeastSquaresProblem,
    LevenbergMarquardt, Number, minimize,
};

fn jacobian<T: Scalar>(problem: &dyn LeastSquaresProblem<T>, x: &[T]) -> Mat<T> {
    let mut j = Mat::from_fn(problem.residuals(), problem.parameters(), |_, _| T::zero());
    problem.jacobian(x, j.as_mut()).unwrap();
    j
}

/// rᵢ = Σⱼ (i + 1)·exp(xⱼ/(i + j + 1)) − j·xᵢ² for m = n + 2, with xᵢ = 0 for i > n.
struct Mixed {
    n: usize,
}

impl<T: Scalar> DifferentiableResidual<T> for Mixed {
    fn residuals(&self) -> usize {
        self.n + 2
    }

    fn parameters(&self) -> usize {
        self.n
    }

    fn constant_norm(&self) -> T {
        T::of(3.0)
    }

    fn is_observation(&self, row: usize) -> bool {
        row != 1
    }

    fn residual<D: Number<T>>(&self, x: &[D], r: &mut [D]) -> Result<()> {
        for (i, ri) in r.iter_mut().enumerate() {
            *ri = D::zero();
            for (j, &xj) in x.iter().enumerate() {
                let rate = T::of((i + j + 1) as f64);
                *ri += (xj / rate).exp() * T::of((i + 1) as f64);
                if i < x.len() {
                    *ri -= x[i] * x[i] * T::of(j as f64);
                }
            }
        }
        Ok(())
    }
}

impl Mixed {
    /// Two terms of at most `scale`, in the arithmetic of f64.
    fn entry(&self, x: &[f64], i: usize, j: usize) -> (f64, f64) {
        let rate = (i + j + 1) as f64;
        let first = (i + 1) as f64 / rate * (x[j] / rate).exp();
        let squares = (self.n * (self.n - 1) / 2) as f64;
        let second = if i == j { 2.0 * x[i] * squares } else { 0.0 };
        (first - second, first + second.abs())
    }
}

/// Each entry has n sums of two products and a function, and the expected value has half as many roundings.
/// So at most 3n + 8 count. f32 also rounds x/rate, which exp amplifies by this number, below 1.
fn every_entry_is_the_closed_form<T: Scalar>(problem: impl Fn(Mixed) -> (usize, Mat<T>, Vec<f64>)) {
    for n in 1..=20 {
        let mixed = Mixed { n };
        let (m, j, x) = problem(Mixed { n });
        assert_eq!((j.rows(), j.cols()), (m, n));
        for row in 0..m {
            for col in 0..n {
                let (expected, scale) = mixed.entry(&x, row, col);
                let bound = (3 * n + 8) as f64 * T::UNIT_ROUNDOFF.as_f64() * scale;
                let error = (j[(row, col)].as_f64() - expected).abs();
                assert!(error <= bound, "{n}: ({row}, {col}): {error:e} > {bound:e}");
            }
        }
    }
}

fn point(n: usize) -> Vec<f64> {
    (0..n).map(|j| 0.75 - j as f64 / 16.0).collect()
}

#[test]
fn any_number_of_parameters_is_differentiated_in_f64_and_f32() {
    every_entry_is_the_closed_form::<f64>(|mixed| {
        let x = point(mixed.n);
        let problem = AutoDiff::new(mixed);
        assert_eq!(LeastSquaresProblem::<f64>::constant_norm(&problem), 3.0);
        assert!([0, 2].iter().all(|&row| problem.is_observation(row)));
        assert!(!problem.is_observation(1));
        (problem.residuals(), jacobian(&problem, &x), x)
    });
    every_entry_is_the_closed_form::<f32>(|mixed| {
        let x = point(mixed.n);
        let narrow: Vec<f32> = x.iter().map(|&xj| f32::of(xj)).collect();
        let problem = AutoDiff::new(mixed);
        let j = jacobian(&problem as &dyn LeastSquaresProblem<f32>, &narrow);
        (j.rows(), j, x)
    });
}

/// Functions of x₁, and their derivatives.
struct Elementary;

impl DifferentiableResidual for Elementary {
    fn residuals(&self) -> usize {
        22
    }

    fn parameters(&self) -> usize {
        1
    }

    fn residual<D: Number<f64>>(&self, x: &[D], r: &mut [D]) -> Result<()> {
        let x = x[0];
        let values = [
            x.recip(),
            x.sqrt(),
            x.cbrt(),
            x.powi(5),
            x.powf(D::constant(1.5)),
            D::constant(2.0).powf(x),
            x.exp(),
            x.exp_m1(),
            x.ln(),
            x.ln_1p(),
            x.sin(),
            x.cos(),
            x.tan(),
            x.asin(),
            x.acos(),
            x.atan(),
            x.sinh(),
            x.cosh(),
            x.tanh(),
            x.asinh(),
            x.atanh(),
            (x * 3.0 - 1.0) / (x + 2.0),
        ];
        r.copy_from_slice(&values);
        Ok(())
    }
}

fn slopes(x: f64) -> [f64; 22] {
    [
        -1.0 / (x * x),
        0.5 / x.sqrt(),
        x.cbrt() / (3.0 * x),
        5.0 * x.powi(4),
        1.5 * x.sqrt(),
        2f64.powf(x) * std::f64::consts::LN_2,
        x.exp(),
        x.exp(),
        1.0 / x,
        1.0 / (1.0 + x),
        x.cos(),
        -x.sin(),
        1.0 / x.cos().powi(2),
        1.0 / ((1.0 - x) * (1.0 + x)).sqrt(),
        -1.0 / ((1.0 - x) * (1.0 + x)).sqrt(),
        1.0 / (1.0 + x * x),
        x.cosh(),
        x.sinh(),
        1.0 / x.cosh().powi(2),
        1.0 / (1.0 + x * x).sqrt(),
        1.0 / ((1.0 - x) * (1.0 + x)),
        7.0 / ((x + 2.0) * (x + 2.0)),
    ]
}

/// Both sides take at most 8 roundings. (3(x + 2) − (3x − 1))/(x + 2)² cancels from 7.5 to 7.
#[test]
fn functions_have_their_derivatives() {
    let problem = AutoDiff::new(Elementary);
    for x in [1e-3, 0.1, 0.25, 0.5, 0.75, 0.9] {
        let j = jacobian(&problem, &[x]);
        for (row, expected) in slopes(x).into_iter().enumerate() {
            let error = (j[(row, 0)] - expected).abs();
            let bound = 16.0 * f64::UNIT_ROUNDOFF * expected.abs();
            assert!(error <= bound, "{row} at {x}: {:e}", j[(row, 0)]);
        }
    }
}

/// Points where naive rules divide 0 by 0 or overflow.
struct Edges;

impl DifferentiableResidual for Edges {
    fn residuals(&self) -> usize {
        5
    }

    fn parameters(&self) -> usize {
        2
    }

    fn residual<D: Number<f64>>(&self, x: &[D], r: &mut [D]) -> Result<()> {
        r[0] = x[0].powf(D::constant(2.5));
        r[1] = (x[1] * 800.0).tanh();
        // A power law at t = 0.
        r[2] = x[1] * D::zero().powf(x[1]);
        // A constant at the edge of the domain of a function.
        r[3] = x[1] + D::zero().sqrt();
        // The square of the divisor underflows.
        r[4] = (x[1] * 2f64.powi(-699)) / (x[1] * 2f64.powi(-700));
        Ok(())
    }
}

#[test]
fn edges_of_domains_have_derivatives_where_the_function_has() {
    let j = jacobian(&AutoDiff::new(Edges), &[0.0, 1.0]);
    let expected = [[0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 1.0], [0.0, 0.0]];
    for (row, entries) in expected.iter().enumerate() {
        for (col, &entry) in entries.iter().enumerate() {
            assert_eq!(j[(row, col)], entry, "({row}, {col})");
        }
    }
}

/// A residual that does not write its second entry, or fails.
struct Forgetful {
    fails: bool,
}

impl DifferentiableResidual for Forgetful {
    fn residuals(&self) -> usize {
        2
    }

    fn parameters(&self) -> usize {
        9
    }

    fn residual<D: Number<f64>>(&self, x: &[D], r: &mut [D]) -> Result<()> {
        r[0] = x.iter().fold(D::zero(), |sum, &xj| sum + xj);
        if self.fails { Err(failure()) } else { Ok(()) }
    }
}

fn failure() -> Error {
    Error::Unsupported {
        operation: "residual",
        backend: "none",
    }
}

#[test]
fn what_is_not_written_is_nan_in_every_pass() {
    let j = jacobian(&AutoDiff::new(Forgetful { fails: false }), &[1.0; 9]);
    for col in 0..9 {
        assert!(j[(0, col)] == 1.0 && j[(1, col)].is_nan());
    }
}

#[test]
fn misuse_and_failure_are_errors() {
    let problem = AutoDiff::new(Mixed { n: 2 });
    let problem: &dyn LeastSquaresProblem<f64> = &problem;
    let mut j = Mat::zeros(4, 2);
    for result in [
        problem.residual(&[1.0], &mut [0.0; 4]),
        problem.residual(&[1.0; 2], &mut [0.0; 3]),
        problem.jacobian(&[1.0; 3], j.as_mut()),
        problem.jacobian(&[1.0; 2], Mat::zeros(2, 4).as_mut()),
    ] {
        assert!(matches!(result, Err(Error::Shape { .. })), "{result:?}");
    }
    let failing = AutoDiff::new(Forgetful { fails: true });
    assert_eq!(failing.residual(&[1.0; 9], &mut [0.0; 2]), Err(failure()));
    let result = failing.jacobian(&[1.0; 9], Mat::zeros(2, 9).as_mut());
    assert_eq!(result, Err(failure()));
}

#[test]
fn rows_need_not_be_adjacent_and_nothing_is_allocated() {
    let problem = AutoDiff::new(Mixed { n: 11 });
    let x = point(11);
    let expected = jacobian::<f64>(&problem, &x);
    let mut data = vec![0.0; 13 * 11];
    let info = allocation_counter::measure(|| {
        let by_rows = MatMut::from_row_major(&mut data, 13, 11).unwrap();
        problem.jacobian(&x, by_rows).unwrap();
    });
    assert_eq!(info.count_total, 0);
    assert_eq!(data, expected.transposed().into_vec());
}

/// Rosenbrock's function.
struct Rosenbrock;

impl DifferentiableResidual for Rosenbrock {
    fn residuals(&self) -> usize {
        2
    }

    fn parameters(&self) -> usize {
        2
    }

    fn residual<D: Number<f64>>(&self, x: &[D], r: &mut [D]) -> Result<()> {
        r[0] = (x[1] - x[0] * x[0]) * 10.0;
        r[1] = D::constant(1.0) - x[0];
        Ok(())
    }
}

/// −20x is 10·(−2x) to the last bit, so both runs take the same steps.
#[test]
fn a_run_is_that_of_the_exact_jacobian() {
    let by_hand = ClosureResidual::new(2, 2, |x: &[f64], r: &mut [f64]| {
        (r[0], r[1]) = ((x[1] - x[0] * x[0]) * 10.0, 1.0 - x[0]);
    })
    .unwrap()
    .with_jacobian(|x: &[f64], mut j: MatMut<'_, f64>| {
        (j[(0, 0)], j[(0, 1)]) = (-(x[0] + x[0]) * 10.0, 10.0);
        (j[(1, 0)], j[(1, 1)]) = (-1.0, 0.0);
    });
    let backend = Faer::default();
    let backend: &dyn Backend<f64> = &backend;
    let run = |problem: &dyn LeastSquaresProblem<f64>| {
        let mut lm = LevenbergMarquardt::new(TrustRegion::new(), DenseQr::new(backend));
        minimize(&mut lm, problem, &[-1.2, 1.0], &Budget::steps(100), &mut []).unwrap()
    };
    let (report, expected) = (run(&AutoDiff::new(Rosenbrock)), run(&by_hand));
    assert!(report.termination.is_success());
    assert_eq!(report.parameters, expected.parameters);
    assert_eq!(report.counts, expected.counts);
}
