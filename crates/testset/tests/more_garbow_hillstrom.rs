//! The test problems of Moré, Garbow and Hillstrom: Jacobians, starts, minima, domains.
//!
//! The error of a computed residual is bounded to first order. Each of at most 4(m + n) + 16 roundings
//! perturbs a term by u of its size. No term is larger than |rᵢ| + Σⱼ|Jᵢⱼ·xⱼ| + c, where c is the largest
//! constant in the formula. An exponential amplifies a perturbation of its argument; the terms |Jᵢⱼ·xⱼ| cover
//! this.

use allocation_counter::measure;
use leastwise_core::{Error, Mat, MatMut, Method, Result, Scalar};
use leastwise_faer::Faer;
use leastwise_optim::levenberg_marquardt::{AdaptiveDamping, Dense};
use leastwise_optim::{Budget, LeastSquaresProblem, LevenbergMarquardt, Report, minimize};
use leastwise_testset::more_garbow_hillstrom::{
    Bard, Box3d, BrownAlmostLinear, BrownDennis, Chebyquad, FreudensteinRoth, HelicalValley,
    JennrichSampson, KnownMinimum, KowalikOsborne, LinearFullRank, LinearRankOne,
    LinearRankOneWithZeros, Meyer, MinimumKind, Osborne1, Osborne2, PowellSingular, Rosenbrock,
    TestProblem, Watson, minpack_runs,
};
use leastwise_testset::standard_normal;

const U: f64 = f64::UNIT_ROUNDOFF;

type Problem = Box<dyn TestProblem<f64>>;

/// The problems of MINPACK's runs, and other sizes.
fn problems() -> Vec<Problem> {
    let standard = minpack_runs::<f64>().into_iter();
    let standard = standard.filter(|run| run.factor == 1.0);
    let mut problems: Vec<Problem> = standard.map(|run| run.problem).collect();
    problems.push(Box::new(LinearFullRank::new(4, 4).unwrap()));
    problems.push(Box::new(LinearRankOne::new(1, 1).unwrap()));
    problems.push(Box::new(LinearRankOneWithZeros::new(7, 3).unwrap()));
    problems.push(Box::new(Watson::new(2).unwrap()));
    problems.push(Box::new(Box3d::new(3).unwrap()));
    problems.push(Box::new(JennrichSampson::new(2).unwrap()));
    problems.push(Box::new(BrownDennis::new(4).unwrap()));
    problems.push(Box::new(Chebyquad::new(5, 3).unwrap()));
    for n in [1, 2, 3, 5] {
        problems.push(Box::new(BrownAlmostLinear::new(n).unwrap()));
    }
    problems
}

/// The largest constant in the formula.
fn constant(problem: &dyn TestProblem<f64>) -> f64 {
    let (m, n) = (problem.residuals() as f64, problem.parameters() as f64);
    match problem.number() {
        2 => 29.0,
        6 => 2.0 + 2.0 * m,
        7 => 100.0,
        8 => 4.39,
        10 => 34780.0,
        // The constant is under a square.
        16 => (m / 5.0).exp().powi(2),
        27 => n + 1.0,
        _ => 1.0,
    }
}

fn residual(problem: &dyn TestProblem<f64>, x: &[f64]) -> Vec<f64> {
    let mut r = vec![f64::NAN; problem.residuals()];
    problem.residual(x, &mut r).unwrap();
    r
}

fn jacobian(problem: &dyn TestProblem<f64>, x: &[f64]) -> Mat<f64> {
    let (m, n) = (problem.residuals(), problem.parameters());
    let mut j = Mat::from_fn(m, n, |_, _| f64::NAN);
    problem.jacobian(x, j.as_mut()).unwrap();
    j
}

fn loss(r: &[f64]) -> f64 {
    r.iter().map(|ri| ri * ri).sum()
}

/// A bound on the error of each entry of the residual at `x`.
fn error_bounds(problem: &dyn TestProblem<f64>, x: &[f64]) -> Vec<f64> {
    let (r, j) = (residual(problem, x), jacobian(problem, x));
    let roundings = (4 * (j.rows() + j.cols()) + 16) as f64;
    let size = |i: usize| {
        let moved: f64 = (0..x.len()).map(|col| (j[(i, col)] * x[col]).abs()).sum();
        r[i].abs() + moved + constant(problem)
    };
    (0..r.len()).map(|i| roundings * U * size(i)).collect()
}

/// A bound on the error of the computed loss at `x`.
fn loss_bound(r: &[f64], bounds: &[f64]) -> f64 {
    let from_entries: f64 = r
        .iter()
        .zip(bounds)
        .map(|(ri, e)| (2.0 * ri.abs() + e) * e)
        .sum();
    from_entries + r.len() as f64 * U * loss(r)
}

/// (r(x + h·eⱼ) − r(x − h·eⱼ))/2h.
fn central_difference(problem: &dyn TestProblem<f64>, x: &[f64], col: usize, h: f64) -> Vec<f64> {
    let mut shifted = x.to_vec();
    let (above, below) = (x[col] + h, x[col] - h);
    shifted[col] = above;
    let high = residual(problem, &shifted);
    shifted[col] = below;
    let low = residual(problem, &shifted);
    let slope = |(a, b): (&f64, &f64)| (a - b) / (above - below);
    high.iter().zip(&low).map(slope).collect()
}

/// D(h) = f′ + ⅙h²·f‴ + O(h⁴), so (4·D(h/2) − D(h))/3 is f′ + O(h⁴). Once the series converges, its error is
/// below |D(h) − D(h/2)| ≈ ⅛h²·f‴. An error e of the residual causes an error e/h in D(h) and 3e/h in the
/// extrapolation. The e at x ± h is below twice that at x.
///
/// Returns the largest bound, in units of the largest entry of its column.
fn check_jacobian(problem: &dyn TestProblem<f64>, x: &[f64]) -> f64 {
    let mut bluntest: f64 = 0.0;
    let j = jacobian(problem, x);
    let errors = error_bounds(problem, x);
    for col in 0..x.len() {
        let h = 2f64.powi(-17) * x[col].abs().max(1.0);
        let wide = central_difference(problem, x, col, h);
        let narrow = central_difference(problem, x, col, h / 2.0);
        let largest = j.col(col).iter().fold(0.0, |m: f64, e| m.max(e.abs()));
        for i in 0..j.rows() {
            let extrapolated = (4.0 * narrow[i] - wide[i]) / 3.0;
            let bound = (wide[i] - narrow[i]).abs() + 6.0 * errors[i] / h;
            let error = (extrapolated - j[(i, col)]).abs();
            let place = format!("{problem:?} ({i}, {col}) at {x:?}");
            assert!(error <= bound, "{place}: {error:e} > {bound:e}");
            if largest > 0.0 {
                bluntest = bluntest.max(bound / largest);
            }
        }
    }
    bluntest
}

/// The bounds are below 2⁻¹⁰ of the column at the points that the test needs. At 10 times the start, some
/// columns are small compared with rounding errors of the others.
#[test]
fn jacobians_are_central_differences() {
    for (problem, seed) in problems().iter().zip(0..) {
        let start = problem.start();
        // Moved from the start by a third of it, because signs and zeros of the start must not hide an error.
        let normal = standard_normal::<f64>(start.len(), 1, seed, 0);
        let near = |(x, z): (&f64, &f64)| x + z * (x.abs() / 3.0).max(1.0 / 64.0);
        let random: Vec<f64> = start.iter().zip(normal.data()).map(near).collect();
        for x in [start, random] {
            let bluntest = check_jacobian(&**problem, &x);
            assert!(bluntest < 2f64.powi(-10), "{problem:?} {x:?}: {bluntest:e}");
        }
        check_jacobian(&**problem, &problem.scaled_start(10.0));
    }
}

/// Jᵀr = 0 holds to within the errors of r, times two for those of J. The loss is the known one, to within
/// their effect on a sum of squares.
#[test]
fn minimisers_are_stationary_and_have_the_known_loss() {
    let mut checked = 0;
    for problem in problems() {
        for minimum in problem.minima() {
            for x in &minimum.minimisers {
                let (r, j) = (residual(&*problem, x), jacobian(&*problem, x));
                let errors = error_bounds(&*problem, x);
                let error = (loss(&r) - minimum.loss).abs();
                let bound = loss_bound(&r, &errors);
                assert!(error <= bound, "{problem:?} {x:?}: {error:e} > {bound:e}");
                for col in 0..x.len() {
                    let column = j.col(col).iter();
                    let slope: f64 = column.clone().zip(&r).map(|(a, b)| a * b).sum();
                    let bound: f64 = column.zip(&errors).map(|(a, e)| 2.0 * a.abs() * e).sum();
                    let place = format!("{problem:?} {x:?}, {col}");
                    assert!(slope.abs() <= bound, "{place}: {slope:e} > {bound:e}");
                }
                checked += 1;
            }
        }
    }
    // 9 linear, Rosenbrock, helical valley, Powell, 2 Freudenstein and Roth, 2·3 Box, 9 Chebyquad, and
    // Brown's: 1 each for n = 1 and 2, and 3 each for the 5 others.
    assert_eq!(checked, 9 + 3 + 2 + 6 + 9 + 2 + 5 * 3);
}

fn run(problem: &dyn LeastSquaresProblem<f64>, start: &[f64]) -> Report<f64> {
    let backend = Faer::default();
    let solver = Dense::new(&backend, Method::Svd);
    let mut lm = LevenbergMarquardt::new(AdaptiveDamping::new(), solver);
    minimize(&mut lm, problem, start, &Budget::steps(500), &mut []).unwrap()
}

/// Whether `loss` has all printed digits of the known one.
fn has_digits_of(loss: f64, minimum: &KnownMinimum) -> bool {
    (minimum.loss..=minimum.loss + minimum.loss_uncertainty).contains(&loss)
}

/// A run ends where no step reduces the computed loss, whose error is e. A step along xⱼ reduces the model
/// ‖Jδ + r‖² by (Jⱼᵀr)²/‖Jⱼ‖². So |Jⱼᵀr| ≤ ‖Jⱼ‖·√e remains. The bound is twice that, because the curvature of
/// r makes the loss up to four times as curved as the model.
#[test]
fn printed_minima_are_reached_from_the_standard_start() {
    let mut reached = 0;
    for problem in problems() {
        let minima = problem.minima();
        let printed = |m: &&KnownMinimum| m.loss_uncertainty > 0.0;
        if !minima.first().is_some_and(|m| printed(&m)) {
            continue;
        }
        let report = run(&*problem, &problem.start());
        let finite = |m: &KnownMinimum| m.kind != MinimumKind::AtInfinity;
        let found = minima
            .iter()
            .any(|m| finite(m) && has_digits_of(report.loss, m));
        assert!(found, "{problem:?}: {:e} is not in {minima:?}", report.loss);
        let x = &report.parameters;
        let (r, j) = (residual(&*problem, x), jacobian(&*problem, x));
        let error = loss_bound(&r, &error_bounds(&*problem, x));
        for col in 0..x.len() {
            let column = j.col(col);
            let slope: f64 = column.iter().zip(&r).map(|(a, b)| a * b).sum();
            let bound = 2.0 * (loss(column) * error).sqrt();
            let place = format!("{problem:?}, {col}");
            assert!(slope.abs() <= bound, "{place}: {slope:e} > {bound:e}");
        }
        reached += 1;
    }
    // Bard, Kowalik and Osborne, Meyer, 3 Watson, Jennrich and Sampson, Brown and Dennis, 2
    // Chebyquad, 2 Osborne.
    assert_eq!(reached, 12);
}

#[test]
fn chebyquad_10x10_has_a_smaller_minimum_than_that_of_the_paper() {
    let problem = Chebyquad::new(10, 10).unwrap();
    let nodes = [
        0.033, 0.155, 0.200, 0.383, 0.384, 0.529, 0.640, 0.714, 0.828, 0.925,
    ];
    let report = run(&problem, &nodes);
    let minima = TestProblem::<f64>::minima(&problem);
    assert_eq!(minima[0].kind, MinimumKind::Global);
    assert!(has_digits_of(report.loss, &minima[0]), "{:e}", report.loss);
}

#[test]
fn chebyquad_is_solved_exactly_by_up_to_7_nodes_and_by_9() {
    for n in [1, 2, 3, 4, 5, 6, 7, 9] {
        let problem = Chebyquad::new(n, n).unwrap();
        let report = run(&problem, &TestProblem::<f64>::start(&problem));
        let x = &report.parameters;
        let bound = loss(&error_bounds(&problem, x));
        assert!(report.loss <= bound, "{n}: {:e} > {bound:e}", report.loss);
        let minima = TestProblem::<f64>::minima(&problem);
        assert_eq!((minima.len(), minima[0].loss), (1, 0.0));
    }
}

/// δᵢ = uᵢ/((vᵢ + wᵢ)·s) is the value of the fraction at (ȳ, −s, −s). It is at most 15/2s.
#[test]
fn bard_tends_to_the_variance_of_the_data() {
    let limit = &TestProblem::<f64>::minima(&Bard)[1];
    assert_eq!(limit.kind, MinimumKind::AtInfinity);
    let s = 2f64.powi(30);
    let mean = residual(&Bard, &[0.0, f64::INFINITY, f64::INFINITY])
        .iter()
        .sum::<f64>()
        / 15.0;
    let x = [mean, -s, -s];
    let r = residual(&Bard, &x);
    let delta = 15f64.sqrt() * 7.5 / s;
    let from_delta = (2.0 * limit.loss.sqrt() + delta) * delta;
    let bound = from_delta + loss_bound(&r, &error_bounds(&Bard, &x));
    let error = (loss(&r) - limit.loss).abs();
    assert!(error <= bound, "{error:e} > {bound:e}");
    // The value that the paper prints.
    assert!((17.4286..17.4287).contains(&limit.loss));
}

/// rᵢ = yᵢ − (uᵢ² + uᵢ·x)/(a·uᵢ + b), the residual of Kowalik and Osborne at (s, x, a·s, b·s) as s → ∞. That
/// residual is yᵢ for x₁ = 0, and its derivative by x₂ at (1, 0, 0, 0) is −1/uᵢ.
struct KowalikLimit {
    y: Vec<f64>,
    u: Vec<f64>,
}

impl KowalikLimit {
    fn new() -> Self {
        let y = residual(&KowalikOsborne, &[0.0, 1.0, 1.0, 1.0]);
        let j = jacobian(&KowalikOsborne, &[1.0, 0.0, 0.0, 0.0]);
        let u = j.col(1).iter().map(|slope| -1.0 / slope).collect();
        Self { y, u }
    }
}

impl LeastSquaresProblem<f64> for KowalikLimit {
    fn residuals(&self) -> usize {
        11
    }

    fn parameters(&self) -> usize {
        3
    }

    fn residual(&self, x: &[f64], r: &mut [f64]) -> Result<()> {
        for (i, ri) in r.iter_mut().enumerate() {
            let u = self.u[i];
            *ri = self.y[i] - u * (u + x[0]) / (x[1] * u + x[2]);
        }
        Ok(())
    }

    fn jacobian(&self, x: &[f64], mut j: MatMut<'_, f64>) -> Result<()> {
        for (i, &u) in self.u.iter().enumerate() {
            let denominator = x[1] * u + x[2];
            let slope = u * (u + x[0]) / (denominator * denominator);
            (j[(i, 0)], j[(i, 1)], j[(i, 2)]) = (-u / denominator, u * slope, slope);
        }
        Ok(())
    }
}

/// At (s, x, a·s, b·s), the relative difference of the fraction from its limit is at most u²/|s·(a·u + b)|.
#[test]
fn kowalik_and_osborne_tends_to_its_limit_problem() {
    let limit = KowalikLimit::new();
    let report = run(&limit, &[-14.0, -45.0, -28.0]);
    let [x, a, b] = report.parameters[..] else {
        panic!("three parameters");
    };
    let known = &TestProblem::<f64>::minima(&KowalikOsborne)[1];
    assert_eq!(known.kind, MinimumKind::AtInfinity);
    assert!(has_digits_of(report.loss, known), "{:e}", report.loss);
    assert_eq!((x * 100.0).trunc(), -1407.0);

    let s = 2f64.powi(30);
    let far = [s, x, a * s, b * s];
    let (r, errors) = (
        residual(&KowalikOsborne, &far),
        error_bounds(&KowalikOsborne, &far),
    );
    let mut r_limit = vec![f64::NAN; 11];
    limit.residual(&report.parameters, &mut r_limit).unwrap();
    for i in 0..11 {
        let u = limit.u[i];
        let relative = u * u / (s * (a * u + b)).abs();
        let fraction = (limit.y[i] - r_limit[i]).abs();
        let bound = 2.0 * (fraction * relative + errors[i]);
        let error = (r[i] - r_limit[i]).abs();
        assert!(error <= bound, "{i}: {error:e} > {bound:e}");
    }
}

/// The paper lists the value 1 as a minimum, but neighbouring points are lower.
#[test]
fn the_stationary_point_of_brown_is_no_minimum() {
    for n in [3, 10] {
        let problem = BrownAlmostLinear::new(n).unwrap();
        let a = 0.25;
        let mut x = vec![a; n];
        x[n - 1] = n as f64 * (1.0 - a) + 1.0;
        let r = residual(&problem, &x);
        let doubt = loss_bound(&r, &error_bounds(&problem, &x));
        assert!(loss(&r) + doubt < 1.0, "{n}: {} ± {doubt:e}", loss(&r));
    }
}

/// The output of MINPACK's `lmder1`: number, m, n, factor, ‖r‖ at the start and at the end. It is from the
/// reference output of its Fortran drivers, which cminpack contains.
type Printed = (u32, usize, usize, f64, f64, f64);

#[rustfmt::skip]
const PRINTED: [Printed; 53] = [
    (32, 10, 5, 1.0, 5.000_000_0, 2.236_068_0),
    (32, 50, 5, 1.0, 8.062_257_7, 6.708_203_9),
    (33, 10, 5, 1.0, 2.915_218_7e2, 1.463_850_1),
    (33, 50, 5, 1.0, 3.101_600_4e3, 3.482_630_2),
    (34, 10, 5, 1.0, 1.260_396_8e2, 1.909_727_4),
    (34, 50, 5, 1.0, 1.748_950_0e3, 3.691_729_4),
    (1, 2, 2, 1.0, 4.919_349_6, 0.0),
    (1, 2, 2, 10.0, 1.340_063_1e3, 0.0),
    (1, 2, 2, 100.0, 1.430_000_5e5, 0.0),
    (7, 3, 3, 1.0, 5.000_000_0e1, 9.936_523_1e-17),
    (7, 3, 3, 10.0, 1.029_563_0e2, 1.044_672_7e-19),
    (7, 3, 3, 100.0, 9.912_618_2e2, 3.452_655_6e-29),
    (13, 4, 4, 1.0, 1.466_287_8e1, 3.391_660_7e-167),
    (13, 4, 4, 10.0, 1.270_983_9e3, 3.658_847_7e-37),
    (13, 4, 4, 100.0, 1.268_879_0e5, 9.319_261_3e-35),
    (2, 2, 2, 1.0, 2.001_249_6e1, 6.998_875_2),
    (2, 2, 2, 10.0, 1.243_283_4e4, 6.998_875_2),
    (2, 2, 2, 100.0, 1.142_645_5e7, 6.998_875_2),
    (8, 15, 3, 1.0, 6.456_136_3, 9.063_596_0e-2),
    (8, 15, 3, 10.0, 3.614_185_3e1, 4.174_768_7),
    (8, 15, 3, 100.0, 3.841_146_8e2, 4.174_768_7),
    (15, 11, 4, 1.0, 7.289_151_0e-2, 1.753_583_8e-2),
    (15, 11, 4, 10.0, 2.979_370_1, 3.205_219_3e-2),
    (15, 11, 4, 100.0, 2.995_906_2e1, 1.753_583_8e-2),
    (10, 16, 3, 1.0, 4.115_346_7e4, 9.377_945_1),
    (10, 16, 3, 10.0, 4.168_216_9e6, 7.950_958_4e2),
    (20, 31, 6, 1.0, 5.477_225_6, 4.782_959_4e-2),
    (20, 31, 6, 10.0, 6.433_125_8e3, 4.782_959_4e-2),
    (20, 31, 6, 100.0, 6.742_560_4e5, 4.782_959_4e-2),
    (20, 31, 9, 1.0, 5.477_225_6, 1.183_114_6e-3),
    (20, 31, 9, 10.0, 1.208_812_7e4, 1.183_114_6e-3),
    (20, 31, 9, 100.0, 1.269_109_3e6, 1.183_114_6e-3),
    (20, 31, 12, 1.0, 5.477_225_6, 2.173_104_0e-5),
    (20, 31, 12, 10.0, 1.922_075_9e4, 2.173_104_0e-5),
    (20, 31, 12, 100.0, 2.018_918_0e6, 2.173_104_0e-5),
    (12, 10, 3, 1.0, 3.211_158_4e1, 2.852_981_8e-16),
    (6, 10, 2, 1.0, 6.458_565_0e1, 1.115_177_9e1),
    (16, 20, 4, 1.0, 2.815_438_4e3, 2.929_542_9e2),
    (16, 20, 4, 10.0, 5.550_733_5e5, 2.929_542_7e2),
    (16, 20, 4, 100.0, 6.121_125_2e7, 2.929_543_1e2),
    (35, 8, 1, 1.0, 1.886_238_0, 1.886_238_0),
    (35, 8, 1, 10.0, 5.383_344_4e9, 1.884_248_2),
    (35, 8, 1, 100.0, 1.180_887_3e18, 1.884_248_2),
    (35, 8, 8, 1.0, 1.965_138_6e-1, 5.930_323_6e-2),
    (35, 9, 9, 1.0, 1.699_499_3e-1, 1.213_743_4e-16),
    (35, 10, 10, 1.0, 1.837_478_3e-1, 8.064_710_0e-2),
    (27, 10, 10, 1.0, 1.653_021_6e1, 8.662_585_9e-15),
    (27, 10, 10, 10.0, 9.765_624_0e6, 5.000_935_5e-15),
    (27, 10, 10, 100.0, 9.765_625_0e16, 5.329_070_5e-15),
    (27, 30, 30, 1.0, 8.347_604_4e1, 1.482_785_9e-13),
    (27, 40, 40, 1.0, 1.280_263_6e2, 2.024_535_4e-13),
    (17, 33, 5, 1.0, 9.375_640_2e-1, 7.392_492_6e-3),
    (19, 65, 11, 1.0, 1.446_865_4, 2.003_440_4e-1),
];

/// Half a unit of the eighth digit.
fn printing_error(value: f64) -> f64 {
    0.5 * 10f64.powf(value.log10().floor() - 7.0)
}

#[test]
fn runs_are_those_of_minpack() {
    let runs = minpack_runs::<f64>();
    assert_eq!(runs.len(), PRINTED.len());
    for (run, &(number, m, n, factor, start, _)) in runs.iter().zip(&PRINTED) {
        let problem = &*run.problem;
        let size = (problem.residuals(), problem.parameters());
        assert_eq!(
            (problem.number(), size, run.factor),
            (number, (m, n), factor)
        );
        let r = residual(problem, &run.start());
        let norm = loss(&r).sqrt();
        let computed = loss_bound(&r, &error_bounds(problem, &run.start())) / norm;
        let (error, bound) = ((norm - start).abs(), printing_error(start) + computed);
        assert!(error <= bound, "{run}: {norm:e}, not {start:e}");
    }
}

/// A run of MINPACK reached a minimum if its final loss is that of the minimum. It stops once a step predicts
/// a relative decrease below √ε, so it is a few such steps away. A minimum of zero is reached to rounding
/// errors, with ‖r‖² far below ε.
#[test]
fn minpack_misses_five_runs() {
    let runs = minpack_runs::<f64>();
    for (run, &(.., end)) in runs.iter().zip(&PRINTED) {
        let reached = run.problem.minima().iter().any(|minimum| {
            let slack = 4.0 * f64::EPSILON.sqrt() * minimum.loss + f64::EPSILON;
            let range = minimum.loss - slack..=minimum.loss + minimum.loss_uncertainty + slack;
            matches!(minimum.kind, MinimumKind::Global | MinimumKind::Local)
                && range.contains(&(end * end))
        });
        assert_eq!(reached, !run.missed_by_minpack, "{run}");
    }
    assert_eq!(runs.iter().filter(|run| run.missed_by_minpack).count(), 5);
}

#[test]
fn scaled_starts_are_multiples_but_for_watson() {
    assert_eq!(
        TestProblem::<f64>::scaled_start(&Rosenbrock, 10.0),
        [-12.0, 10.0]
    );
    let watson = Watson::new(3).unwrap();
    assert_eq!(TestProblem::<f64>::scaled_start(&watson, 1.0), [0.0; 3]);
    assert_eq!(TestProblem::<f64>::scaled_start(&watson, 100.0), [100.0; 3]);
}

#[test]
fn the_helical_valley_winds_around_its_axis_and_has_no_angle_on_it() {
    let first = |x1, x2| residual(&HelicalValley, &[x1, x2, 0.0])[0];
    for zero in [0.0, -0.0] {
        assert_eq!((first(zero, 2.0), first(zero, -2.0)), (-25.0, 25.0));
        assert!(first(zero, 0.0).is_nan() && first(zero, -0.0).is_nan());
        assert!(jacobian(&HelicalValley, &[zero, 0.0, 0.0])[(0, 0)].is_nan());
    }
    // θ = ⅛, ⅜, ⅝ and −⅛.
    let turns = [
        (1.0, 1.0, 0.125),
        (-1.0, 1.0, 0.375),
        (-1.0, -1.0, 0.625),
        (1.0, -1.0, -0.125),
    ];
    for (x1, x2, theta) in turns {
        let error = (first(x1, x2) + 100.0 * theta).abs();
        assert!(error <= 100.0 * 8.0 * U, "({x1}, {x2}): {error:e}");
    }
}

#[test]
fn poles_are_not_finite() {
    // At t₁ + x₃ = 0. The other rows are far from their poles.
    let meyer = [1.0, -1.0, -50.0];
    let r = residual(&Meyer, &meyer);
    assert!(r[0].is_nan() && r[1..].iter().all(|ri| ri.is_finite()));
    assert!((0..3).all(|col| jacobian(&Meyer, &meyer)[(0, col)].is_nan()));
    assert!(
        residual(&Bard, &[1.0, 0.0, 0.0])
            .iter()
            .all(|ri| ri.is_infinite())
    );
    // u₁² + x₄ = 0.
    let pole = |x1: f64| residual(&KowalikOsborne, &[x1, 0.0, 0.0, -16.0])[0];
    assert!(pole(1.0).is_infinite() && pole(0.0).is_nan());
    let problem = JennrichSampson::new(10).unwrap();
    assert!(residual(&problem, &[100.0, 0.0])[9].is_infinite());
    let report = run(&Bard, &[1.0, 0.0, 0.0]);
    assert!(report.termination.is_divergence());
}

/// Like the error of a residual in f64, with the u of f32, and with rounded x and constants.
#[test]
fn single_precision_agrees_with_double() {
    let runs = minpack_runs::<f64>().into_iter().zip(minpack_runs::<f32>());
    for (double, single) in runs.filter(|(run, _)| run.factor == 1.0) {
        let start = double.start();
        let exact = residual(&*double.problem, &start);
        let growth = f64::from(f32::UNIT_ROUNDOFF) / U;
        let mut r = vec![f32::NAN; exact.len()];
        single.problem.residual(&single.start(), &mut r).unwrap();
        let errors = error_bounds(&*double.problem, &start);
        for ((a, b), bound) in r.iter().zip(&exact).zip(errors) {
            let error = (f64::from(*a) - b).abs();
            assert!(error <= growth * bound, "{double}: {a} and {b}");
        }
    }
}

#[test]
fn wrong_sizes_are_refused() {
    for problem in problems() {
        let (m, n) = (problem.residuals(), problem.parameters());
        let start = problem.start();
        assert_eq!(start.len(), n);
        let expect = |result: Result<()>, wanted: &'static str, found: String| {
            let Err(Error::Shape {
                operation,
                argument,
                detail,
            }) = result
            else {
                panic!("{problem:?} takes {found}");
            };
            assert_eq!((operation, argument), (problem.name(), wanted));
            assert!(detail.contains(&found), "{detail} does not say {found}");
        };
        for wrong in [n - 1, n + 1] {
            let x = vec![1.0; wrong];
            let result = problem.residual(&x, &mut vec![0.0; m]);
            expect(result, "x", format!("has {wrong}"));
            let result = problem.jacobian(&x, Mat::zeros(m, n).as_mut());
            expect(result, "x", format!("has {wrong}"));
        }
        for wrong in [m - 1, m + 1] {
            let result = problem.residual(&start, &mut vec![0.0; wrong]);
            expect(result, "r", format!("has {wrong}"));
            let result = problem.jacobian(&start, Mat::zeros(wrong, n).as_mut());
            expect(result, "j", format!("is {wrong}x{n}"));
        }
        let result = problem.jacobian(&start, Mat::zeros(m, n + 1).as_mut());
        expect(result, "j", format!("is {m}x{}", n + 1));
    }
}

#[test]
fn sizes_outside_the_definition_are_refused() {
    fn message<P: std::fmt::Debug>(result: Result<P>) -> String {
        let error = result.unwrap_err();
        assert!(matches!(error, Error::InvalidArgument { .. }), "{error}");
        error.to_string()
    }
    assert_eq!(
        message(Chebyquad::new(3, 4)),
        "Chebyquad: residuals must be at least 4, but it is 3"
    );
    message(Chebyquad::new(3, 0));
    message(LinearFullRank::new(3, 4));
    message(LinearFullRank::new(3, 0));
    message(LinearRankOne::new(3, 4));
    message(LinearRankOne::new(3, 0));
    message(LinearRankOneWithZeros::new(3, 4));
    message(LinearRankOneWithZeros::new(3, 2));
    message(Watson::new(1));
    assert_eq!(
        message(Watson::new(32)),
        "Watson: parameters must be at most 31, but it is 32"
    );
    message(Box3d::new(2));
    message(JennrichSampson::new(1));
    message(BrownDennis::new(3));
    message(BrownAlmostLinear::new(0));
    let half = usize::MAX / 2;
    message(BrownAlmostLinear::new(half));
    message(LinearFullRank::new(usize::MAX, half));
    message(LinearRankOne::new(usize::MAX, half));
    message(LinearRankOneWithZeros::new(usize::MAX, half));
    let detail = format!("must give a Jacobian that fits into memory, but it is {half}x2");
    assert_eq!(
        message(Chebyquad::new(half, 2)),
        format!("Chebyquad: residuals {detail}")
    );
}

#[test]
fn numbers_and_names_are_those_of_the_paper() {
    fn named<P: TestProblem<f64>>(problem: &P) -> (u32, &'static str) {
        (problem.number(), problem.name())
    }
    assert_eq!(named(&Rosenbrock), (1, "Rosenbrock"));
    assert_eq!(named(&FreudensteinRoth), (2, "Freudenstein and Roth"));
    assert_eq!(named(&PowellSingular), (13, "Powell singular"));
    assert_eq!(named(&Osborne1), (17, "Osborne 1"));
    assert_eq!(named(&Osborne2), (19, "Osborne 2"));
}

#[test]
fn evaluations_do_not_allocate() {
    for problem in problems() {
        let (m, n) = (problem.residuals(), problem.parameters());
        let (x, mut r, mut j) = (problem.start(), vec![0.0; m], Mat::zeros(m, n));
        let counted = measure(|| {
            problem.residual(&x, &mut r).unwrap();
            problem.jacobian(&x, j.as_mut()).unwrap();
        });
        assert_eq!(counted.count_total, 0, "{problem:?}");
    }
}
