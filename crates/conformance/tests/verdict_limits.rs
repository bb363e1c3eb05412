//! The limits of a verdict, one by one, for figures that the test states.

use std::fmt::Debug;

use leastwise_conformance::verdict::{self, Answer, Check, Figures, Truth, Verdict};
use leastwise_conformance::{Bracket, LeastSquaresTruth, Quality};
use leastwise_core::{Mat, Method};

const U: f64 = f64::EPSILON / 2.0;
const STABLE: f64 = 30.0;
/// The smallest positive number.
const LEAST: f64 = 5e-324;

/// A truth of which every figure is stated.
#[derive(Clone, Debug)]
struct Stated {
    larger: usize,
    shape: (usize, usize),
    values: Vec<Bracket>,
    figures: Figures,
}

impl Truth<f64> for Stated {
    fn larger_dimension(&self) -> usize {
        self.larger
    }

    fn solution_shape(&self) -> (usize, usize) {
        self.shape
    }

    fn singular_values(&self) -> Vec<Bracket> {
        self.values.clone()
    }

    fn stable_backward_error(&self) -> f64 {
        STABLE
    }

    fn figures(&self, _: usize, _: &Mat<f64>) -> Figures {
        self.figures
    }
}

fn exact(value: f64) -> Bracket {
    Bracket::exact(value)
}

fn between(low: f64, high: f64) -> Bracket {
    Bracket {
        low,
        value: f64::midpoint(low, high),
        high,
    }
}

/// A perfect answer to a problem of 10 rows whose singular values are (1, 1, 1, `least`).
fn stated(least: Bracket) -> Stated {
    Stated {
        larger: 10,
        shape: (4, 2),
        values: vec![exact(1.0), exact(1.0), exact(1.0), least],
        figures: Figures {
            quality: Quality {
                backward_error_u: 0.0,
                forward_error: 0.0,
                forward_over_bound: 0.0,
                min_norm_excess: 0.0,
                residual_norm: 5.0,
            },
            backward_error_u: exact(0.0),
            forward_over_bound: exact(0.0),
            min_norm_excess: exact(0.0),
            condition: exact(2.0),
            relative_gap: exact(0.0),
            residual_scale: exact(1.0),
        },
    }
}

/// max(m, n)·ε
const RCOND: f64 = 10.0 * f64::EPSILON;

/// The verdict on an answer of the right shape that reports only its rank.
fn of_rank(method: Method, truth: &Stated, rank: Option<usize>) -> Verdict {
    let x = Mat::zeros(truth.shape.0, truth.shape.1);
    let answer = Answer {
        x: &x,
        rank,
        residual_norms: None,
        singular_values: None,
    };
    verdict::judge(method, truth, &answer)
}

/// The check of a metric.
#[track_caller]
fn check<'v>(verdict: &'v Verdict, metric: &str) -> &'v Check {
    let mut of_metric = verdict.checks.iter().filter(|check| check.metric == metric);
    let found = of_metric.next().expect("a check of this metric");
    assert!(of_metric.next().is_none(), "two checks of {metric}");
    found
}

#[track_caller]
fn assert_sides<F: Debug>(metric: &str, limit: f64, verdict_at: impl Fn(f64) -> (Verdict, F)) {
    let (inside, figures) = verdict_at(0.95 * limit);
    assert_eq!(check(&inside, metric).fault, None, "{figures:?}");
    assert_eq!(check(&inside, metric).open, None, "{figures:?}");
    let (outside, figures) = verdict_at(1.05 * limit);
    assert!(check(&outside, metric).fault.is_some(), "{figures:?}");
    let fault = outside.fault().expect("a fault");
    assert!(fault.starts_with(&format!("{metric}: ")), "{fault}");
}

#[test]
fn a_check_passes_up_to_its_limit_and_nan_does_not() {
    assert_eq!(Check::at_most("size", 1.0, 1.0).fault, None);
    assert_eq!(Check::at_most("size", 1.0, 1.0).open, None);
    let above = Check::at_most("size", 2.0, 1.0);
    assert_eq!(above.fault.as_deref(), Some("2.000e0, more than 1.000e0"));
    assert_eq!((above.metric, above.open), ("size", None));
    for (figure, bound) in [(f64::NAN, 1.0), (1.0, f64::NAN)] {
        assert!(Check::at_most("size", figure, bound).fault.is_some());
    }
    let detail = || "detail".to_owned();
    assert_eq!(Check::holds("size", true, detail).fault, None);
    assert_eq!(Check::holds("size", false, detail).fault, Some(detail()));
}

#[test]
fn a_check_is_open_while_the_limit_is_between_the_bounds() {
    let open = Check::between("size", between(1.0, 3.0), exact(2.5));
    let reason = "between 1.000e0 and 3.000e0, the limit 2.500e0";
    assert_eq!((open.fault, open.open.as_deref()), (None, Some(reason)));
    let open = Check::between("size", exact(2.0), between(1.0, 3.0));
    assert!(open.fault.is_none() && open.open.is_some());
    let passes = Check::between("size", between(1.0, 2.0), between(2.0, 3.0));
    assert!(passes.fault.is_none() && passes.open.is_none());
    let fails = Check::between("size", between(3.1, 4.0), between(2.0, 3.0));
    assert!(fails.fault.is_some() && fails.open.is_none());
}

#[test]
fn a_fault_decides_and_otherwise_what_is_open_does() {
    let holds = |metric, condition| Check::holds(metric, condition, || "no".to_owned());
    let open = Check::between("open", between(1.0, 3.0), exact(2.0));
    let verdict = |checks: Vec<Check>| Verdict {
        checks,
        quality: None,
        nothing_dropped: false,
    };
    let passed = verdict(vec![holds("a", true)]);
    assert_eq!((passed.fault(), passed.open()), (None, None));
    let is_open = verdict(vec![holds("a", true), open.clone()]);
    assert_eq!(is_open.fault(), None);
    let reason = "open: between 1.000e0 and 3.000e0, the limit 2.000e0";
    assert_eq!(is_open.open().as_deref(), Some(reason));
    let fails = verdict(vec![open, holds("b", false), holds("c", false)]);
    assert_eq!(
        (fails.fault().as_deref(), fails.open()),
        (Some("b: no"), None)
    );
}

/// A singular value counts from 8 times the threshold on, and does not below an eighth of it. Between, both are right. For
/// pivots the factor is 8·√4.
#[test]
fn a_rank_is_right_if_the_singular_values_allow_it() {
    for (method, threshold, factor) in [
        (Method::Svd, RCOND, 8.0),
        (Method::CompleteOrthogonal, RCOND, 16.0),
    ] {
        let fault = |least: f64, rank| {
            let verdict = of_rank(method, &stated(exact(least)), Some(rank));
            assert_eq!(check(&verdict, "rank").open, None);
            assert_eq!(verdict.fault().is_none(), verdict.quality.is_some());
            verdict.fault()
        };
        let counts = 1.01 * factor * threshold;
        assert_eq!(fault(counts, 4), None);
        assert_eq!(fault(counts, 3).as_deref(), Some("rank: 3, not 4 to 4"));
        assert_eq!(fault(counts, 5).as_deref(), Some("rank: 5, not 4 to 4"));
        for either in [0.99 * factor, 1.0, 1.01 / factor] {
            assert_eq!(fault(either * threshold, 4), None);
            assert_eq!(fault(either * threshold, 3), None);
            let refusal = fault(either * threshold, 2);
            assert_eq!(refusal.as_deref(), Some("rank: 2, not 3 to 4"));
        }
        let is_zero = 0.99 / factor * threshold;
        assert_eq!(fault(is_zero, 3), None);
        assert_eq!(fault(is_zero, 4).as_deref(), Some("rank: 4, not 3 to 3"));
        // At a limit, it does not.
        assert_eq!(fault(factor * threshold, 3), None);
        assert!(fault(threshold / factor, 4).is_some());
        let at_the_limit = of_rank(method, &stated(exact(threshold / factor)), None);
        assert_eq!(at_the_limit.fault(), None);
        // Limits are relative to the largest.
        let mut doubled = stated(exact(1.5 * threshold / factor));
        doubled.values[..3].fill(exact(2.0));
        assert_eq!(of_rank(method, &doubled, None).fault(), None);
        // The estimate stands in for a rank that is not reported.
        for (least, rank) in [(counts, 4), (is_zero, 3), (1.01 / factor * threshold, 4)] {
            let truth = stated(exact(least));
            let verdict = of_rank(method, &truth, None);
            assert_eq!(verdict.fault(), None);
            let reported = of_rank(method, &truth, Some(rank));
            assert_eq!(verdict.checks, reported.checks);
        }
    }
    for (method, threshold) in [(Method::Qr, RCOND), (Method::Cholesky, RCOND.sqrt())] {
        let fault = |least: f64, rank| of_rank(method, &stated(exact(least)), rank).fault();
        for least in [1.01 * 8.0 * threshold, 1.01 / 8.0 * threshold] {
            assert_eq!(fault(least, Some(4)), None);
            assert_eq!(fault(least, None), None);
            let refusal = fault(least, Some(3));
            assert_eq!(refusal.as_deref(), Some("rank: 3, not 4 to 4"));
        }
        let refusal = fault(0.99 / 8.0 * threshold, None);
        let expected = "rank: 4, where the method must refuse";
        assert_eq!(refusal.as_deref(), Some(expected));
    }
}

/// The threshold is relative to σ₁, and a bound of σ₁ counts where it is the worst.
#[test]
fn a_rank_is_open_while_a_limit_is_between_the_bounds_of_a_singular_value() {
    let near = between(7.9 * RCOND, 8.1 * RCOND);
    let truth = stated(near);
    assert!(verdict::rank_is_open(&truth));
    let verdict = of_rank(Method::Svd, &truth, Some(3));
    assert_eq!(verdict.fault(), None);
    let reason = "rank: 3, where a singular value is as near the limit as its own error";
    assert_eq!(verdict.open().as_deref(), Some(reason));
    let verdict = of_rank(Method::Svd, &truth, Some(4));
    assert_eq!((verdict.fault(), verdict.open()), (None, None));
    // Whether it may count, at an eighth of the threshold.
    let truth = stated(between(0.124 * RCOND, 0.126 * RCOND));
    assert!(verdict::rank_is_open(&truth));
    let verdict = of_rank(Method::Svd, &truth, Some(4));
    assert_eq!((verdict.fault(), verdict.open().is_some()), (None, true));
    let verdict = of_rank(Method::Svd, &truth, Some(3));
    assert_eq!((verdict.fault(), verdict.open()), (None, None));
    // The limits of Cholesky and of pivots leave a rank open, too.
    for limit in [
        8.0 * RCOND.sqrt(),
        RCOND.sqrt() / 8.0,
        16.0 * RCOND,
        RCOND / 16.0,
    ] {
        let truth = stated(between(0.99 * limit, 1.01 * limit));
        assert!(verdict::rank_is_open(&truth));
    }
    for limit in [0.5, 3.0 * RCOND, RCOND / 30.0, 30.0 * RCOND] {
        let truth = stated(between(0.99 * limit, 1.01 * limit));
        assert!(!verdict::rank_is_open(&truth), "{limit}");
    }
    // The same by bounds of σ₁.
    let mut truth = stated(exact(8.0 * RCOND));
    truth.values[0] = between(0.99, 1.01);
    assert!(verdict::rank_is_open(&truth));
}

#[test]
fn a_method_may_refuse_what_is_not_certainly_of_full_rank() {
    for (method, threshold) in [(Method::Qr, RCOND), (Method::Cholesky, RCOND.sqrt())] {
        let may_refuse = |least| verdict::may_refuse(method, &stated(least));
        let limit = 8.0 * threshold;
        assert_eq!(may_refuse(exact(1.01 * limit)), Some(false));
        assert_eq!(may_refuse(exact(0.99 * limit)), Some(true));
        assert_eq!(may_refuse(exact(0.0)), Some(true));
        assert_eq!(may_refuse(between(0.99 * limit, 1.01 * limit)), None);
    }
    for method in [Method::Svd, Method::CompleteOrthogonal] {
        assert_eq!(
            verdict::may_refuse(method, &stated(exact(0.0))),
            Some(false)
        );
    }
}

#[test]
fn a_shape_is_right_or_wrong() {
    let truth = stated(exact(1.0));
    for (m, n) in [(4, 1), (3, 2), (2, 4)] {
        let x = Mat::zeros(m, n);
        let answer = Answer {
            x: &x,
            rank: Some(4),
            residual_norms: None,
            singular_values: None,
        };
        let verdict = verdict::judge(Method::Svd, &truth, &answer);
        let fault = format!("shape: {m}x{n}, not 4x2");
        assert_eq!(verdict.fault(), Some(fault));
        assert!(verdict.quality.is_none() && !verdict.nothing_dropped);
        assert_eq!(verdict.checks.len(), 2);
    }
}

/// η of rank 4
const ETA: f64 = STABLE * 2.0 * U;

#[test]
fn a_stable_method_has_the_stable_backward_error() {
    for method in [Method::Svd, Method::CompleteOrthogonal, Method::Qr] {
        assert_sides("backward error", STABLE, |figure| {
            let mut truth = stated(exact(1.0));
            truth.figures.backward_error_u = exact(figure);
            (of_rank(method, &truth, Some(4)), figure)
        });
    }
    // The normal equations have no such bound.
    let mut truth = stated(exact(1.0));
    truth.figures.backward_error_u = exact(1e9);
    let verdict = of_rank(Method::Cholesky, &truth, Some(4));
    assert!(
        verdict
            .checks
            .iter()
            .all(|check| check.metric != "backward error")
    );
    assert_eq!(verdict.fault(), None);
    assert_eq!(verdict.quality, Some(truth.figures.quality));
}

/// What is dropped adds to every limit: the threshold, or the dropped singular value if it is larger. A value of a thousandth
/// of η is rounding.
#[test]
fn what_is_dropped_adds_to_the_limits() {
    for (gap, dropped) in [
        (0.0, 0.0),
        (0.99e-3 * ETA, 0.0),
        (1e-3 * ETA, 0.0),
        (1.01e-3 * ETA, RCOND),
        (0.5 * RCOND, RCOND),
        (3.0 * RCOND, 3.0 * RCOND),
    ] {
        let with = |change: &dyn Fn(&mut Figures)| {
            let mut truth = stated(exact(1.0));
            truth.figures.relative_gap = exact(gap);
            change(&mut truth.figures);
            let verdict = of_rank(Method::Svd, &truth, Some(4));
            assert_eq!(verdict.nothing_dropped, dropped == 0.0);
            (verdict, gap)
        };
        assert_sides("backward error", STABLE + dropped / U, |figure| {
            with(&|figures| figures.backward_error_u = exact(figure))
        });
        assert_sides("forward error", (ETA + dropped) / ETA, |figure| {
            with(&|figures| figures.forward_over_bound = exact(figure))
        });
        // 2·(η + dropped)·κ for κ = 2.
        assert_sides("null part", 4.0 * (ETA + dropped), |figure| {
            with(&|figures| figures.min_norm_excess = exact(figure))
        });
        assert_sides("reported residual", 7.0 * (ETA + dropped), |figure| {
            let mut truth = stated(exact(1.0));
            truth.figures.relative_gap = exact(gap);
            truth.figures.residual_scale = exact(7.0);
            truth.figures.quality.residual_norm = 0.0;
            let x = Mat::zeros(4, 2);
            let answer = Answer {
                x: &x,
                rank: Some(4),
                residual_norms: Some(&[0.6 * figure, 0.8 * figure]),
                singular_values: None,
            };
            (verdict::judge(Method::Svd, &truth, &answer), gap)
        });
    }
}

/// The normal equations have κ² where others have κ.
#[test]
fn the_normal_equations_have_the_square_of_the_condition() {
    let kappa = 1e3;
    for (method, factor) in [(Method::Qr, 1.0), (Method::Cholesky, kappa)] {
        let with = |change: &dyn Fn(&mut Figures)| {
            let mut truth = stated(exact(1.0));
            truth.figures.condition = exact(kappa);
            change(&mut truth.figures);
            (of_rank(method, &truth, Some(4)), method)
        };
        assert_sides("forward error", factor, |figure| {
            with(&|figures| figures.forward_over_bound = exact(figure))
        });
        assert_sides("null part", 2.0 * ETA * factor * kappa, |figure| {
            with(&|figures| figures.min_norm_excess = exact(figure))
        });
    }
}

/// From η·κ = 0.1 on, first-order bounds do not hold.
#[test]
fn forward_errors_are_judged_while_the_perturbation_is_small() {
    let verdict = |condition: Bracket| {
        let mut truth = stated(exact(1.0));
        truth.figures.condition = condition;
        truth.figures.forward_over_bound = exact(2.0);
        truth.figures.min_norm_excess = exact(1e3);
        of_rank(Method::Svd, &truth, Some(4))
    };
    let limit = 0.1 / ETA;
    let judged = verdict(exact(0.99 * limit));
    assert!(check(&judged, "forward error").fault.is_some());
    assert!(check(&judged, "null part").fault.is_some());
    let not_judged = verdict(exact(1.01 * limit));
    assert_eq!((not_judged.fault(), not_judged.open()), (None, None));
    assert_eq!(not_judged.checks.len(), 3);
    // Where the condition decides whether it is judged, a fault is open, and what passes passes.
    let open = verdict(between(0.9 * limit, 1.1 * limit));
    assert_eq!(open.fault(), None);
    for metric in ["forward error", "null part"] {
        assert!(check(&open, metric).open.is_some(), "{metric}");
    }
    let mut truth = stated(exact(1.0));
    truth.figures.condition = between(0.9 * limit, 1.1 * limit);
    let passes = of_rank(Method::Svd, &truth, Some(4));
    assert_eq!((passes.fault(), passes.open()), (None, None));
}

fn reported(residual_norms: &[f64], exact_norm: f64, scale: f64) -> Verdict {
    let mut truth = stated(exact(1.0));
    truth.figures.quality.residual_norm = exact_norm;
    truth.figures.residual_scale = exact(scale);
    let x = Mat::zeros(4, 2);
    let answer = Answer {
        x: &x,
        rank: Some(4),
        residual_norms: Some(residual_norms),
        singular_values: None,
    };
    verdict::judge(Method::Svd, &truth, &answer)
}

#[test]
fn reported_residuals_are_complete_and_within_rounding() {
    assert_eq!(reported(&[3.0, 4.0], 5.0, 1.0).fault(), None);
    let short = reported(&[5.0], 5.0, 1.0);
    let expected = "reported residuals: 1 of them, not 2";
    assert_eq!(short.fault().as_deref(), Some(expected));
    for wrong in [
        [3.0, 4.1],
        [3.0, 3.9],
        [f64::NAN, 4.0],
        [f64::INFINITY, f64::NAN],
    ] {
        let verdict = reported(&wrong, 5.0, 1.0);
        assert!(check(&verdict, "reported residual").fault.is_some());
        assert_eq!(check(&verdict, "reported residuals").fault, None);
    }
    // Below the normal range, 2·√2 units of the last place.
    for (units, passes) in [(2.0, true), (3.0, true), (4.0, false)] {
        let verdict = reported(&[units * LEAST, 0.0], 0.0, 0.0);
        assert_eq!(verdict.fault().is_none(), passes, "{units}");
    }
}

fn of_values(values: &[f64], exact_values: Vec<Bracket>) -> Verdict {
    let mut truth = stated(exact(1.0));
    truth.values = exact_values;
    let x = Mat::zeros(4, 2);
    let answer = Answer {
        x: &x,
        rank: Some(4),
        residual_norms: None,
        singular_values: Some(values),
    };
    verdict::judge(Method::Svd, &truth, &answer)
}

#[test]
fn singular_values_are_complete_and_within_rounding_of_the_largest() {
    let known = || vec![exact(8.0), exact(4.0), exact(2.0), exact(1.0)];
    for at in 0..4 {
        for sign in [1.0, -1.0] {
            assert_sides("singular values", 8.0 * ETA, |error| {
                let mut values = [8.0, 4.0, 2.0, 1.0];
                values[at] += sign * error;
                (of_values(&values, known()), values)
            });
        }
        let mut values = [8.0, 4.0, 2.0, 1.0];
        values[at] = f64::NAN;
        assert!(of_values(&values, known()).fault().is_some());
    }
    let fault = of_values(&[8.0, 4.0, 1.5, 1.0], known()).fault();
    let expected = "singular values: 5.000e-1, more than 5.329e-14";
    assert_eq!(fault.as_deref(), Some(expected));
    for wrong in [&[8.0, 4.0, 2.0][..], &[8.0, 4.0, 2.0, 1.0, 0.0], &[]] {
        let fault = of_values(wrong, known()).fault().expect("a fault");
        assert!(fault.starts_with("singular values: inf"), "{fault}");
    }
    // Below the normal range, two units of the last place.
    let tiny = || vec![exact(100.0 * LEAST); 4];
    for (units, passes) in [(102.0, true), (98.0, true), (103.0, false), (97.0, false)] {
        let verdict = of_values(&[units * LEAST; 4], tiny());
        assert_eq!(verdict.fault().is_none(), passes, "{units}");
    }
}

/// An error is known only between the bounds of the exact value.
#[test]
fn singular_values_are_open_within_the_bounds_of_the_true_ones() {
    let bounds = || {
        vec![
            exact(8.0),
            exact(4.0),
            between(2.0 - 1e-9, 2.0 + 1e-9),
            exact(1.0),
        ]
    };
    for inside in [2.0 - 0.9e-9, 2.0, 2.0 + 0.9e-9] {
        let verdict = of_values(&[8.0, 4.0, inside, 1.0], bounds());
        assert_eq!(verdict.fault(), None, "{inside}");
        assert!(verdict.open().is_some(), "{inside}");
    }
    for outside in [2.0 - 1.1e-9, 2.0 + 1.1e-9] {
        assert!(
            of_values(&[8.0, 4.0, outside, 1.0], bounds())
                .fault()
                .is_some()
        );
    }
}

/// The reference solution of a problem is a truth without errors.
#[test]
fn a_reference_solution_has_its_own_figures() {
    let a = Mat::from_fn(5, 3, |i, j| ((i * 3 + j * 5) % 7) as f64 - 2.0);
    let b = Mat::from_fn(5, 2, |i, j| (i + 2 * j) as f64);
    let solution = LeastSquaresTruth::new(a.as_ref(), b.as_ref(), 3);
    let truth: &dyn Truth<f64> = &solution;
    assert_eq!(
        (truth.larger_dimension(), truth.solution_shape()),
        (5, (3, 2))
    );
    let values = solution.singular_values();
    assert_eq!(values.len(), 3);
    assert_eq!(
        truth.singular_values(),
        values.iter().map(|&s| exact(s)).collect::<Vec<_>>()
    );
    assert_eq!(truth.stable_backward_error(), 30.0);
    for (rank, root) in [(0, 1.0), (1, 1.0), (3, 3f64.sqrt())] {
        assert_eq!(truth.stable_perturbation(rank), 30.0 * root * U);
    }
    let x = solution.solution();
    for rank in [2, 3] {
        let of_rank = solution.with_rank(rank);
        let (figures, quality) = (truth.figures(rank, &x), of_rank.judge(&x));
        assert_eq!(figures.quality, quality);
        assert_eq!(figures.backward_error_u, exact(quality.backward_error_u));
        assert_eq!(
            figures.forward_over_bound,
            exact(quality.forward_over_bound)
        );
        assert_eq!(figures.min_norm_excess, exact(quality.min_norm_excess));
        assert_eq!(figures.condition, exact(of_rank.condition()));
        assert_eq!(figures.relative_gap, exact(of_rank.relative_gap()));
        assert_eq!(figures.residual_scale, exact(of_rank.residual_scale()));
    }
    // Another shape, in which the columns are more than the rows.
    let wide = LeastSquaresTruth::new(a.as_ref().transpose(), x.as_ref(), 3);
    let truth: &dyn Truth<f64> = &wide;
    assert_eq!(
        (truth.larger_dimension(), truth.solution_shape()),
        (5, (5, 2))
    );
}
