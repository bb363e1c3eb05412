//! Parameters that enter by their square only, so that their column of J is zero at 0.

use leastwise_faer::Faer;
use leastwise_optim::{Bounds, Curve, FiniteDifferences, Fit, Fitted, Parameters};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// p₀·x² + p₁²·(1 + x).
fn model(x: f64, p: &[f64]) -> f64 {
    p[0] * x * x + p[1] * p[1] * (1.0 + x)
}

fn gradient(x: f64, p: &[f64], g: &mut [f64]) {
    (g[0], g[1]) = (x * x, 2.0 * p[1] * (1.0 + x));
}

/// The best p₀ and p₁², which is not negative, and the unrestricted p₁² in units of its standard error.
fn truth(x: &[f64], y: &[f64]) -> (f64, f64, f64) {
    let sum =
        |f: &dyn Fn(f64, f64) -> f64| -> f64 { x.iter().zip(y).map(|(&x, &y)| f(x, y)).sum() };
    let (aa, ab, bb) = (
        sum(&|x, _| x.powi(4)),
        sum(&|x, _| x * x * (1.0 + x)),
        sum(&|x, _| (1.0 + x) * (1.0 + x)),
    );
    let (ay, by) = (sum(&|x, y| x * x * y), sum(&|x, y| (1.0 + x) * y));
    let determinant = aa * bb - ab * ab;
    let q = (aa * by - ab * ay) / determinant;
    let p = if q > 0.0 {
        (bb * ay - ab * by) / determinant
    } else {
        ay / aa
    };
    let kept = q.max(0.0);
    let loss = sum(&|x, y| (y - p * x * x - kept * (1.0 + x)).powi(2));
    let error = (loss / x.len() as f64 * aa / determinant).sqrt();
    (p, kept, q / error)
}

fn run(x: &[f64], y: &[f64], start: &[f64], is_exact: bool, is_bounded: bool) -> Fitted<f64> {
    let backend = Faer::default();
    let curve = Curve::new(2, model, x, y).unwrap();
    let bounds = Bounds::new(&[f64::NEG_INFINITY, 0.0], &[f64::INFINITY; 2]).unwrap();
    let start = Parameters::from(start);
    let start = if is_bounded {
        start.with_bounds(bounds)
    } else {
        start
    };
    let fit = Fit::new(&backend);
    let fitted = if is_exact {
        fit.run(&curve.with_gradient(gradient), start)
    } else {
        fit.run(&FiniteDifferences::central(curve), start)
    };
    fitted.unwrap()
}

/// A quarter of the starts has p₁ = 0.
#[test]
fn a_square_that_is_best_at_zero_is_a_minimum() {
    let (mut at_zero, mut refused, mut count) = (0, 0, 0);
    for seed in 0..100 {
        let mut random = StdRng::seed_from_u64(seed);
        let m = random.random_range(6..20);
        let x: Vec<f64> = (0..m)
            .map(|i| -1.0 + 2.5 * f64::from(i) / f64::from(m))
            .collect();
        let q = f64::from(random.random_range(-3..=3));
        let noise = [0.01, 0.1, 1.0][random.random_range(0..3)];
        let y: Vec<f64> = x
            .iter()
            .map(|&x| 2.0 * x * x + q * (1.0 + x) + noise * random.random_range(-1.0..1.0))
            .collect();
        let start = [
            f64::from(random.random_range(-3..=3)),
            f64::from(random.random_range(0..4)),
        ];
        let (p, kept, distance) = truth(&x, &y);
        // Nearer to 0, the loss is of fourth order in p₁.
        if distance.abs() < 0.1 {
            continue;
        }
        for (is_exact, is_bounded) in [(true, true), (true, false), (false, true), (false, false)] {
            let fitted = run(&x, &y, &start, is_exact, is_bounded);
            count += 1;
            if !fitted.is_success() {
                refused += 1;
                println!("{seed} {is_exact} {is_bounded}: {distance} {start:?}\n{fitted}");
                continue;
            }
            at_zero += i32::from(kept == 0.0);
            let found = [fitted.parameters[0], fitted.parameters[1].powi(2)];
            // Rounding errors of the loss are some 1e-15 of it, and the error of p₁ is at most the root of theirs.
            let bound = 1e-5 * (1.0 + p.abs() + kept);
            assert!(
                (found[0] - p).abs() <= bound && (found[1] - kept).abs() <= bound,
                "{seed} {is_exact} {is_bounded} from {start:?}: {found:?} instead of {:?}\n{fitted}",
                [p, kept]
            );
        }
    }
    println!("{count} fits, {at_zero} at zero, {refused} refused");
    assert!(
        at_zero > 100 && refused <= count / 100,
        "{at_zero} {refused} {count}"
    );
}
