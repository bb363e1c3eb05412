//! The robust losses: values, derivatives and laws, over the whole range of f64.
//!
//! A formula of k roundings has a relative error of at most k·u if none of its operations cancels. Functions
//! of the mathematical library count for two, and a root halves the error of its argument. No formula below
//! takes more than 16.

use leastwise_core::{Error, Scalar};
use leastwise_optim::{RobustLoss, robust_scale};
use qd::Quad;

const ALLOWED: f64 = 16.0 * f64::UNIT_ROUNDOFF;

type New<T> = fn(T) -> leastwise_core::Result<RobustLoss<T>>;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Huber,
    SoftL1,
    Cauchy,
    Tukey,
}

const KINDS: [Kind; 4] = [Kind::Huber, Kind::SoftL1, Kind::Cauchy, Kind::Tukey];

fn loss<T: Scalar>(kind: Kind, scale: T) -> RobustLoss<T> {
    let new: New<T> = match kind {
        Kind::Huber => RobustLoss::huber,
        Kind::SoftL1 => RobustLoss::soft_l1,
        Kind::Cauchy => RobustLoss::cauchy,
        Kind::Tukey => RobustLoss::tukey,
    };
    new(scale).unwrap()
}

fn wide(x: f64) -> Quad {
    Quad::from(x)
}

fn narrow(x: Quad) -> f64 {
    x.0 + x.1
}

/// √ρ(t²), its derivative ρ′·t/√ρ and ρ′·t, in double-double by the definitions.
struct Truth {
    transformed: f64,
    slope: f64,
    influence: f64,
}

/// For s = 1. Beyond 1e±70, the first term of an expansion has all digits, because the next is smaller by a
/// factor of t² or 1/t.
fn truth(kind: Kind, t: f64) -> Truth {
    let (one, r) = (wide(1.0), wide(t));
    let small = Truth {
        transformed: t,
        slope: 1.0,
        influence: t,
    };
    if t < 1e-70 {
        return small;
    }
    if t > 1e70 {
        let inverse = 1.0 / t;
        return match kind {
            Kind::Huber | Kind::SoftL1 => {
                // √(2t − 1) = √2t·(1 − 1/4t …), √(2(√(1 + t²) − 1)) = √2t·(1 − 1/2t …).
                let root = r.sqrt() * wide(2.0).sqrt();
                Truth {
                    transformed: narrow(root),
                    slope: narrow(one / root),
                    influence: 1.0,
                }
            }
            Kind::Cauchy => {
                let root = (wide(2.0) * r.ln()).sqrt();
                Truth {
                    transformed: narrow(root),
                    slope: narrow(one / root) * inverse,
                    influence: inverse,
                }
            }
            Kind::Tukey => Truth {
                transformed: narrow(one / wide(3.0).sqrt()),
                slope: 0.0,
                influence: 0.0,
            },
        };
    }
    let z = r * r;
    let (rho, derivative) = match kind {
        Kind::Huber if t > 1.0 => (wide(2.0) * r - one, one / r),
        Kind::Huber => (z, one),
        Kind::SoftL1 => {
            let h = (one + z).sqrt();
            (wide(2.0) * z / (one + h), one / h)
        }
        // Below this, 1 + z loses digits. Above, the series does: it loses z³, or 1e-32/z.
        Kind::Cauchy if t < 1e-5 => {
            let series = one - z * (wide(0.5) - z * (one / wide(3.0)));
            (z * series, one / (one + z))
        }
        Kind::Cauchy => ((one + z).ln(), one / (one + z)),
        Kind::Tukey if t > 1.0 => (one / wide(3.0), wide(0.0)),
        Kind::Tukey => {
            let rest = one - z;
            (z * (one - z * (one - z / wide(3.0))), rest * rest)
        }
    };
    let root = rho.sqrt();
    Truth {
        transformed: narrow(root),
        slope: narrow(derivative * r / root),
        influence: narrow(derivative * r),
    }
}

fn assert_close(found: f64, truth: f64, place: &str) {
    let error = (found - truth).abs();
    assert!(
        error <= ALLOWED * truth.abs() + 5e-324,
        "{place}: {found:e} instead of {truth:e}"
    );
}

/// Powers of ten, and the neighbourhood of s, where the formulas change.
fn ratios() -> Vec<f64> {
    let powers = (-300..=300).map(|e| 10f64.powi(e));
    let near = (1..=52).flat_map(|e| [1.0 - 0.5f64.powi(e), 1.0 + 0.5f64.powi(e)]);
    let between = (1..300).map(|k| f64::from(k) / 100.0);
    powers
        .chain(near)
        .chain(between)
        .filter(|&t| t > 0.0)
        .collect()
}

#[test]
fn residuals_and_slopes_are_accurate_from_1e_minus_300_to_1e300() {
    for kind in KINDS {
        let loss = loss(kind, 1.0);
        for t in ratios() {
            let truth = truth(kind, t);
            let place = format!("{kind:?} at {t:e}");
            for r in [t, -t] {
                assert_close(loss.transformed(r), truth.transformed.copysign(r), &place);
                assert_close(loss.transformed_derivative(r), truth.slope, &place);
                assert_close(loss.influence(r), truth.influence.copysign(r), &place);
            }
        }
    }
}

/// r̃(c·r; c·s) = c·r̃(r; s), exactly up to rounding. With c = 2^k, even the quotients are the same.
#[test]
fn any_scale_is_as_good_as_1() {
    for kind in KINDS {
        for k in [-1000, -501, -60, 60, 501, 1000] {
            let c = 2f64.powi(k);
            let (unit, scaled) = (loss(kind, 1.0), loss(kind, c));
            for t in ratios() {
                let r = c * t;
                // Subnormal numbers have lost digits before the loss uses them.
                if !r.is_finite() || r < 1e-290 || !t.recip().is_finite() {
                    continue;
                }
                let place = format!("{kind:?} at {t:e}·2^{k}");
                assert_close(scaled.transformed(r), c * unit.transformed(t), &place);
                assert_close(
                    scaled.transformed_derivative(r),
                    unit.transformed_derivative(t),
                    &place,
                );
                assert_close(scaled.influence(r), c * unit.influence(t), &place);
            }
        }
    }
}

#[test]
fn the_ends_of_the_range_give_finite_numbers() {
    for kind in KINDS {
        for s in [f64::MIN_POSITIVE, 1.0, f64::MAX] {
            for r in [0.0, 5e-324, 1.0, f64::MAX, -f64::MAX] {
                let loss = loss(kind, s);
                let place = format!("{kind:?} of scale {s:e} at {r:e}");
                let (transformed, slope) = (loss.transformed(r), loss.transformed_derivative(r));
                assert!(transformed.abs() <= r.abs(), "{place}: {transformed:e}");
                assert!((0.0..=1.0).contains(&slope), "{place}: {slope:e}");
                assert!(loss.influence(r).abs() <= r.abs(), "{place}");
                assert!(loss.influence_derivative(r).abs() <= 1.0, "{place}");
            }
        }
        let loss = loss(kind, 1.0);
        assert!(loss.transformed(f64::NAN).is_nan() && loss.influence(f64::NAN).is_nan());
        assert!(loss.transformed_derivative(f64::NAN).is_nan());
        assert!(loss.influence_derivative(f64::NAN).is_nan());
        assert!(loss.rho(f64::NAN).is_nan());
    }
}

/// s²·ρ(z) = r̃² and ψ = ρ′·r, for the documented ρ. Each side has an error of a few roundings. f32 takes the
/// same numbers and rounds them first, with a loss of at most t·ρ′/√ρ ≤ 1.
#[test]
fn the_transformed_residual_squared_is_the_loss() {
    for kind in KINDS {
        let (loss, single) = (loss(kind, 0.75), loss(kind, 0.75f32));
        for k in 0..400 {
            let r = f64::from(k) / 64.0;
            let z = (r / 0.75).powi(2);
            let place = format!("{kind:?} at {r}");
            assert_close(
                loss.transformed(r).powi(2),
                0.75 * 0.75 * loss.rho(z),
                &place,
            );
            let bound = f64::from(f32::EPSILON) * 8.0 * loss.transformed(r);
            let error = single.transformed(f32::of(r)).as_f64() - loss.transformed(r);
            assert!(error.abs() <= bound, "{place}: f32");
            // Near z = 1, Tukey's ρ′ is a difference of rounded numbers.
            let error = loss.influence(r) - loss.rho_derivative(z) * r;
            assert!(error.abs() <= ALLOWED * r, "{place}: {error:e}");
        }
    }
}

/// ρ + z·ρ′·… by differences: (f(r + h) − f(r − h))/2h has errors of h²/6·|f‴| and u·|f|/h. With s = 1, the
/// third derivatives are below 60, and ψ and r̃ below 3.
#[test]
fn derivatives_are_those_of_the_functions() {
    let h = f64::EPSILON.cbrt();
    let bound = 60.0 * h * h / 6.0 + 3.0 * ALLOWED / h;
    for kind in KINDS {
        let loss = loss(kind, 1.0);
        for k in 1..300 {
            let r = f64::from(k) / 100.0;
            // ψ′ of Huber's loss jumps at 1, and so does ψ″ of Tukey's.
            if (r - 1.0).abs() < 0.005 {
                continue;
            }
            let slope = |f: &dyn Fn(f64) -> f64| (f(r + h) - f(r - h)) / (2.0 * h);
            for (found, expected) in [
                (
                    loss.transformed_derivative(r),
                    slope(&|r| loss.transformed(r)),
                ),
                (loss.influence_derivative(r), slope(&|r| loss.influence(r))),
                (loss.rho_derivative(r), slope(&|z| loss.rho(z))),
                (loss.influence(r), slope(&|r| loss.rho(r * r) / 2.0)),
            ] {
                assert!((found - expected).abs() <= bound, "{kind:?} at {r}");
            }
        }
    }
}

/// ρ′ + 2z·ρ″ ≤ (dr̃/dr)² ≤ ρ′, up to rounding.
#[test]
fn the_slope_is_between_newton_and_reweighting() {
    for kind in KINDS {
        let loss = loss(kind, 1.0);
        for r in ratios() {
            let squared = loss.transformed_derivative(r).powi(2);
            let reweighting = loss.influence(r) / r;
            let newton = loss.influence_derivative(r);
            let place = format!("{kind:?} at {r:e}: {newton:e} {squared:e} {reweighting:e}");
            let slack = 1.0 + 4.0 * ALLOWED;
            assert!(squared <= reweighting * slack + 1e-320, "{place}");
            assert!(newton <= squared * slack + 1e-320, "{place}");
        }
    }
}

/// (E ψ′)²/E ψ² for the standard normal distribution, by Simpson's rule on [−9, 9]. The rest is less than
/// 1e-18. The constants have three decimals, which moves the efficiency by less than that.
#[test]
fn the_documented_scales_are_95_percent_efficient() {
    let constants = [1.345, 1.287, 2.385, 4.685];
    for (kind, scale) in KINDS.into_iter().zip(constants) {
        let loss = loss(kind, scale);
        // ψ′ jumps at ±s, so both sides are integrated separately.
        let mean = |f: &dyn Fn(f64) -> f64| {
            let pieces = [(-9.0, -scale), (-scale, scale), (scale, 9.0)];
            let density = |r: f64| (-r * r / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
            pieces
                .into_iter()
                .map(|(a, b): (f64, f64)| {
                    let h = (b - a) / 4000.0;
                    // The ends, approached from within.
                    let at = |k: i32| {
                        let r = a + h * f64::from(k).clamp(1e-9, 4000.0 - 1e-9);
                        f(r) * density(r)
                    };
                    let odd: f64 = (0..2000).map(|k| at(2 * k + 1)).sum();
                    let even: f64 = (1..2000).map(|k| at(2 * k)).sum();
                    h / 3.0 * (at(0) + at(4000) + 4.0 * odd + 2.0 * even)
                })
                .sum::<f64>()
        };
        let slope = mean(&|r| loss.influence_derivative(r));
        let square = mean(&|r| loss.influence(r).powi(2));
        let efficiency = slope * slope / square;
        assert!((efficiency - 0.95).abs() < 1e-3, "{kind:?}: {efficiency}");
    }
}

#[test]
fn a_scale_is_positive_and_finite() {
    let constructors: [New<f64>; 4] = [
        RobustLoss::huber,
        RobustLoss::soft_l1,
        RobustLoss::cauchy,
        RobustLoss::tukey,
    ];
    for new in constructors {
        for scale in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let error = new(scale).unwrap_err();
            assert!(matches!(error, Error::InvalidArgument { .. }));
            let message = error.to_string();
            assert!(
                message.starts_with("RobustLoss: scale must be positive and finite"),
                "{message}"
            );
        }
        assert_eq!(new(2.5).unwrap().scale(), 2.5);
    }
}

/// The median of |r| for an odd and an even number, and for numbers whose sum overflows.
#[test]
fn the_robust_scale_is_that_of_the_median() {
    let scale = |residuals: &[f64]| robust_scale(residuals).unwrap() / 1.4826;
    assert!((scale(&[3.0, -1.0, 2.0]) - 2.0).abs() < 1e-15);
    assert!((scale(&[3.0, -1.0, 2.0, -1e300]) - 2.5).abs() < 1e-15);
    assert!((scale(&[1.1e308, -1.0e308]) / 1.05e308 - 1.0).abs() < 1e-15);
    assert_eq!(robust_scale(&[0.0, 0.0, 7.0]), Ok(0.0));
    assert_eq!(
        robust_scale::<f64>(&[]).unwrap_err().to_string(),
        "robust_scale: residuals must be at least 1, but it is 0"
    );
    assert!(robust_scale(&[1.0, f64::NAN]).is_err());
}

#[test]
fn a_loss_says_what_it_is() {
    let shown = |loss: RobustLoss<f64>| loss.to_string();
    assert_eq!(
        shown(RobustLoss::huber(10.0).unwrap()),
        "Huber loss with scale 10"
    );
    let third = RobustLoss::tukey(1.0 / 3.0).unwrap();
    assert_eq!(shown(third), "Tukey loss with scale 0.3333");
}
