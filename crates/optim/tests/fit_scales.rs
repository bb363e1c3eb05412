//! Fits with parameters that are zero or far from 1, with such data, and with starts at which a parameter has
//! no effect.
//!
//! For linear models, the solution is known in closed form. Central differences have an error of at most
//! about 100·ε^⅔ = 4e-9 of a column. Standard errors have this error times the condition of J. 1e-6 allows a
//! condition of 100.

use std::cell::Cell;

use leastwise_core::{Backend, Scalar};
use leastwise_faer::Faer;
use leastwise_optim::{
    Bounds, Curve, FiniteDifferences, Fit, Fitted, Parameters, Termination, fit,
};

const RELATIVE: f64 = 1e-6;

fn line(x: f64, p: &[f64]) -> f64 {
    p[0] + p[1] * x
}

/// Estimates and standard errors of p₀ + p₁·z.
fn line_truth(z: &[f64], y: &[f64]) -> ([f64; 2], [f64; 2]) {
    let m = z.len() as f64;
    let (z_mean, y_mean) = (z.iter().sum::<f64>() / m, y.iter().sum::<f64>() / m);
    let spread: f64 = z.iter().map(|z| (z - z_mean).powi(2)).sum();
    let both = z.iter().zip(y);
    let slope = both.map(|(z, y)| (z - z_mean) * (y - y_mean)).sum::<f64>() / spread;
    let offset = y_mean - slope * z_mean;
    let both = z.iter().zip(y);
    let loss: f64 = both.map(|(z, y)| (offset + slope * z - y).powi(2)).sum();
    let s = (loss / (m - 2.0)).sqrt();
    let errors = [
        s * (1.0 / m + z_mean * z_mean / spread).sqrt(),
        s / spread.sqrt(),
    ];
    ([offset, slope], errors)
}

#[track_caller]
fn assert_fits(fitted: &Fitted<f64>, (estimates, errors): ([f64; 2], [f64; 2])) {
    assert!(fitted.is_success() && fitted.is_full_rank(), "{fitted}");
    for k in 0..2 {
        let off = (fitted.parameters[k] - estimates[k]).abs();
        assert!(off <= RELATIVE * errors[k], "{k}: off by {off:e}\n{fitted}");
        let off = (fitted.standard_errors()[k] - errors[k]).abs();
        assert!(
            off <= RELATIVE * errors[k],
            "{k}: error off by {off:e}\n{fitted}"
        );
    }
}

fn noise(i: f64) -> f64 {
    0.7 * (12.9898 * i).sin() + 0.5 * (78.233 * i).cos()
}

/// The slope is 0, because the data are symmetric.
#[test]
fn a_slope_that_is_zero_has_an_error() {
    let backend = Faer::default();
    let x: Vec<f64> = (0..6).map(f64::from).collect();
    for seed in 0..200 {
        let half = [1.0, 2.0, 3.0].map(|i| (noise(i + 10.0 * f64::from(seed)) * 10.0).round());
        let y = [half[0], half[1], half[2], half[2], half[1], half[0]];
        if y.iter().all(|yi| *yi == y[0]) {
            continue;
        }
        for start in [[0.0, 0.0], [1.0, 1.0], [0.0, -3.0]] {
            let fitted = fit(&backend, line, &x, &y, &start).unwrap();
            assert_fits(&fitted, line_truth(&x, &y));
        }
    }
    // The values of the textbook.
    let fitted = fit(
        &backend,
        line,
        &x,
        &[1.0, 3.0, 2.0, 2.0, 3.0, 1.0],
        &[0.0, 0.0],
    )
    .unwrap();
    assert!((fitted.standard_errors()[0] - 0.723_747).abs() < 1e-6);
    assert!((fitted.standard_errors()[1] - 0.239_046).abs() < 1e-6);
}

#[test]
fn a_parameter_on_its_way_to_zero_keeps_its_derivative() {
    let backend = Faer::default();
    let x: Vec<f64> = (0..20).map(|i| -1.0 + 2.0 * f64::from(i) / 19.0).collect();
    let z: Vec<f64> = x.iter().map(|x| x * x).collect();
    let parabola = |x: f64, p: &[f64]| p[0] + p[1] * x * x;
    for constant in [0.0, 1.0] {
        let y: Vec<f64> = z
            .iter()
            .zip(&x)
            .map(|(z, x)| constant + (1.0 - constant) * z + 0.001 * x * z)
            .collect();
        for start in [[0.0, 0.0], [1.0, 1.0]] {
            let truth = line_truth(&z, &y);
            assert_fits(&fit(&backend, parabola, &x, &y, &start).unwrap(), truth);
            // The builder has the same digits, and so have bounds and a fixed parameter.
            let curve = || Curve::new(2, parabola, &x, &y).unwrap();
            let central = FiniteDifferences::central(curve());
            assert_fits(&Fit::new(&backend).run(&central, &start).unwrap(), truth);
            let bounds = Bounds::new(&[-5.0, -5.0], &[5.0, 5.0]).unwrap();
            let fit = Fit::new(&backend);
            let bounded = Parameters::from(&start).with_bounds(bounds);
            assert_fits(&fit.run(&central, bounded).unwrap(), truth);
            let held = Parameters::from(&[truth.0[0], start[1]]).with_held(&[0]);
            let fitted = fit.run(&central, held).unwrap();
            assert!(fitted.is_success(), "{fitted}");
            let off = (fitted.parameters[1] - truth.0[1]).abs();
            assert!(off <= RELATIVE * truth.1[1], "{off:e}\n{fitted}");
        }
    }
}

/// The Gaussian of Moré, Garbow and Hillstrom from its standard start. The centre is 0, and starts there.
#[test]
fn a_peak_at_zero_has_a_centre_with_an_error() {
    let half = [0.0009, 0.0044, 0.0175, 0.0540, 0.1295, 0.2420, 0.3521];
    let y: Vec<f64> = half
        .iter()
        .chain(&[0.3989])
        .chain(half.iter().rev())
        .copied()
        .collect();
    let t: Vec<f64> = (0..15).map(|i| (7.0 - f64::from(i)) / 2.0).collect();
    let gauss = |t: f64, p: &[f64]| p[0] * (-p[1] * (t - p[2]) * (t - p[2]) / 2.0).exp();
    let fitted = fit(&Faer::default(), gauss, &t, &y, &[0.4, 1.0, 0.0]).unwrap();
    assert!(fitted.is_success() && fitted.is_full_rank(), "{fitted}");
    assert!((fitted.loss - 1.127_932_7e-8).abs() < 1e-14, "{fitted}");
    assert_eq!(fitted.degrees_of_freedom, 12);
    // ∂f/∂p₂ = p₀·p₁·t·exp(−p₁·t²/2) is orthogonal to the even derivatives.
    let [p0, p1] = [fitted.parameters[0], fitted.parameters[1]];
    let slopes = t.iter().map(|t| p0 * p1 * t * (-p1 * t * t / 2.0).exp());
    let length = slopes.map(|slope| slope * slope).sum::<f64>().sqrt();
    let error = (fitted.loss / 12.0).sqrt() / length;
    assert!(
        (fitted.standard_errors()[2] / error - 1.0).abs() <= RELATIVE,
        "{fitted}"
    );
}

#[test]
fn lines_are_fitted_in_any_unit() {
    let backend = Faer::default();
    let x: Vec<f64> = (0..12).map(f64::from).collect();
    let y: Vec<f64> = x.iter().map(|x| 1.0 + 2.0 * x + 0.1 * noise(*x)).collect();
    for (x_unit, y_unit) in [
        (1.0, 1e20),
        (1e-12, 1.0),
        (1e-15, 1.0),
        (1e12, 1e-20),
        (1e-12, 1e100),
        (1e12, 1e-100),
        (1.0, 1e-200),
        (1.0, 1e155),
        (1e-3, 1e200),
        (6e-34, 1.0),
        (1e-100, 1.0),
        (1e-100, 1e100),
        (1e150, 1.0),
        (1e150, 1e-100),
    ] {
        let x: Vec<f64> = x.iter().map(|x| x * x_unit).collect();
        let y: Vec<f64> = y.iter().map(|y| y * y_unit).collect();
        let near_one: Vec<f64> = y.iter().map(|y| y / y_unit).collect();
        let (estimates, errors) = line_truth(&x, &near_one);
        let scaled = |pair: [f64; 2]| pair.map(|value| value * y_unit);
        for start in [
            [0.0, 0.0],
            [0.0, 1.0],
            [1.0, 1.0],
            [y_unit, y_unit / x_unit],
        ] {
            let fitted = fit(&backend, line, &x, &y, &start).unwrap();
            assert_fits(&fitted, (scaled(estimates), scaled(errors)));
        }
    }
}

/// 3·exp(−t/2) with an error, for any amplitude. The digits do not depend on it.
#[test]
fn squares_that_leave_the_range_change_no_digit() {
    fn fits<T: Scalar>(backend: &dyn Backend<T>, sizes: &[i32], digits: f64) {
        let model = |t: T, p: &[T]| p[0] * (-p[1] * t).exp();
        let t: Vec<T> = (0..8).map(|i| T::of(f64::from(i))).collect();
        let data = |power: i32| -> Vec<T> {
            let unit = T::of(2.0).powi(power);
            let f = |&t: &T| T::of(3.0 * (-0.5 * t.as_f64()).exp() + 0.01 * noise(t.as_f64()));
            t.iter().map(|t| f(t) * unit).collect()
        };
        let plain = fit(backend, model, &t, &data(0), &[T::one(), T::one()]).unwrap();
        for &power in sizes {
            let unit = T::of(2.0).powi(power);
            let y = data(power);
            let fitted = fit(backend, model, &t, &y, &[unit, T::one()]).unwrap();
            assert!(fitted.is_success(), "2^{power}: {fitted}");
            assert_eq!(
                fitted.parameters[0] / unit,
                plain.parameters[0],
                "2^{power}"
            );
            assert_eq!(fitted.parameters[1], plain.parameters[1], "2^{power}");
            assert_eq!(
                fitted.standard_errors()[1],
                plain.standard_errors()[1],
                "2^{power}"
            );
            assert_eq!(fitted.degrees_of_freedom, 6);
            // From an amplitude of 0, which gives no unit.
            let fitted = fit(backend, model, &t, &y, &[T::zero(), T::one()]).unwrap();
            assert!(fitted.is_success(), "2^{power}: {fitted}");
            let off = (fitted.parameters[1] - plain.parameters[1]).abs().as_f64();
            let error = plain.standard_errors()[1].as_f64();
            assert!(off <= digits * error, "2^{power}: off by {off:e}");
        }
    }
    fits::<f64>(
        &Faer::default(),
        &[-900, -660, -540, -200, 200, 520, 660, 900],
        1e-6,
    );
    fits::<f32>(&Faer::default(), &[-100, -80, -74, -20, 20, 64, 100], 1e-2);
}

/// A channel without a signal: the amplitude is 0, so the data determine neither the position nor the width
/// of the peak.
#[test]
fn zeros_tell_nothing_of_where_a_peak_is() {
    let gauss = |t: f64, p: &[f64]| p[0] * (-(t - p[1]).powi(2) / (2.0 * p[2] * p[2])).exp();
    let t: Vec<f64> = (0..15).map(|i| f64::from(i) / 3.0).collect();
    let fitted = fit(&Faer::default(), gauss, &t, &[0.0; 15], &[1.0, 2.0, 1.0]).unwrap();
    assert!(fitted.is_success(), "{fitted}");
    assert_eq!(fitted.loss, 0.0);
    assert!(
        fitted.standard_errors()[1..]
            .iter()
            .all(|error| error.is_infinite())
    );
}

/// The smallest loss from these starts, with exact or approximate derivatives, is reached to within 1e-6.
#[track_caller]
fn assert_least(fitted: &Fitted<f64>, least: f64) {
    assert!(fitted.is_success(), "{fitted}");
    assert!(fitted.loss <= least * (1.0 + 1e-6), "{least:e}\n{fitted}");
}

#[test]
fn equal_exponentials_part() {
    let backend = Faer::default();
    let x: Vec<f64> = (0..41).map(|i| f64::from(i) * 0.25).collect();
    let decays = |x: f64, p: &[f64]| p[0] * (-p[1] * x).exp() + p[2] * (-p[3] * x).exp();
    let truth = [3.0, 0.4, 6.0, 2.5];
    let y: Vec<f64> = x
        .iter()
        .map(|&x| decays(x, &truth) + 0.01 * noise(x))
        .collect();
    let least = fit(&backend, decays, &x, &y, &truth).unwrap().loss;
    for start in [
        [1.0; 4],
        [0.0; 4],
        [0.5, 2.0, 0.5, 2.0],
        [4.0, 1.0, 4.0, 1.0],
    ] {
        assert_least(&fit(&backend, decays, &x, &y, &start).unwrap(), least);
    }
    let curve = Curve::new(4, decays, &x, &y).unwrap();
    let forward = FiniteDifferences::forward(curve);
    assert_least(&Fit::new(&backend).run(&forward, &[1.0; 4]).unwrap(), least);
    let bounds = Bounds::new(&[0.0; 4], &[10.0; 4]).unwrap();
    let bounded = Parameters::from(&[1.0; 4]).with_bounds(bounds);
    assert_least(&Fit::new(&backend).run(&forward, bounded).unwrap(), least);
}

/// By symmetry, the loss has no slope in the frequency at 0. This is a saddle point.
#[test]
fn a_saddle_is_left() {
    let x: Vec<f64> = (0..41).map(|i| f64::from(i) * 0.25).collect();
    let cosine = |x: f64, p: &[f64]| p[0] * (p[1] * x).cos();
    let y: Vec<f64> = x.iter().map(|x| 2.0 * (0.6 * x).cos()).collect();
    let fitted = fit(&Faer::default(), cosine, &x, &y, &[1.0, 0.0]).unwrap();
    assert!(fitted.parameters[1] != 0.0, "{fitted}");
    let mean = y.iter().sum::<f64>() / 41.0;
    let at_saddle: f64 = y.iter().map(|y| (y - mean).powi(2)).sum();
    assert!(fitted.loss < at_saddle, "{fitted}");
}

/// The exponential underflows at the start, and y grows. The loss at the plateau is that of a constant.
#[test]
fn a_plateau_is_no_success() {
    let x: Vec<f64> = (36..=72).map(f64::from).collect();
    let grown = |x: f64| 2.0 * (0.1 * x).exp() - 70.0;
    let y: Vec<f64> = x
        .iter()
        .map(|&x| grown(x) * (1.0 + 0.01 * noise(x)))
        .collect();
    let decay = |x: f64, p: &[f64]| p[0] * (-p[1] * x).exp() + p[2];
    let backend = Faer::default();
    let least = fit(&backend, decay, &x, &y, &[2.0, -0.1, -70.0])
        .unwrap()
        .loss;
    let fitted = fit(&backend, decay, &x, &y, &[1.0, 1.0, 1.0]).unwrap();
    assert!(
        !fitted.is_success() || fitted.loss <= least * (1.0 + 1e-6),
        "{fitted}"
    );
}

/// A half-life that grows without end, for data that are nearly on a line.
#[test]
fn a_valley_to_infinity_is_no_success() {
    let days: Vec<f64> = (0..30).map(|i| 8.0 * f64::from(i)).collect();
    let half_life = |x: f64, p: &[f64]| p[0] + p[1] * 2f64.powf(-x / p[2]);
    let backend = Faer::default();
    let truth = [81.4, 102.7, 141.9];
    let y: Vec<f64> = days
        .iter()
        .map(|&d| half_life(d, &truth) + 0.4 * noise(d))
        .collect();
    let least = fit(&backend, half_life, &days, &y, &truth).unwrap().loss;
    for start in [[1.0; 3], [1.0, 1.0, 10.0], [0.0, 1.0, 1.0]] {
        let fitted = fit(&backend, half_life, &days, &y, &start).unwrap();
        let is_least = fitted.loss <= least * (1.0 + 1e-6);
        assert!(!fitted.is_success() || is_least, "{start:?}\n{fitted}");
    }
}

#[test]
fn bounds_are_given_once_and_evaluations_are_counted() {
    let outside = Cell::new(0);
    let (calls, backend) = (Cell::new(0), Faer::default());
    let x: Vec<f64> = (1..12).map(f64::from).collect();
    let y: Vec<f64> = x
        .iter()
        .map(|x| 2.0 * x.sqrt() + 0.01 * noise(*x))
        .collect();
    let power = |x: f64, p: &[f64]| {
        calls.set(calls.get() + usize::from(x == 1.0));
        outside.set(outside.get() + usize::from(p.iter().any(|p| *p < 0.0)));
        p[0] * x.powf(p[1])
    };
    let problem = FiniteDifferences::central(Curve::new(2, power, &x, &y).unwrap());
    let bounds = Bounds::new(&[0.0, 0.0], &[f64::INFINITY, f64::INFINITY]).unwrap();
    for start in [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]] {
        outside.set(0);
        calls.set(0);
        let parameters = Parameters::from(&start).with_bounds(bounds.clone());
        let fitted = Fit::new(&backend).run(&problem, parameters).unwrap();
        assert!(fitted.is_success(), "{fitted}");
        assert_eq!(outside.get(), 0, "{start:?}");
        assert_eq!(fitted.counts.residuals, calls.get(), "{start:?}");
    }
}

/// The end is at the level of the rounding of the data, which forward differences cannot resolve.
#[test]
fn forward_differences_end_at_the_minimum_as_a_success() {
    let backend = Faer::default();
    let x: Vec<f64> = (0..25).map(|i| f64::from(i) / 5.0).collect();
    let model = |x: f64, p: &[f64]| p[0] * (-p[1] * x).exp() + p[2] + p[3] * x;
    for seed in 0..100 {
        let shift = f64::from(seed);
        let y: Vec<f64> = x
            .iter()
            .map(|&x| model(x, &[2.0, 1.3, 0.5, -0.2]) + 0.05 * noise(x + shift))
            .collect();
        let curve = Curve::new(4, model, &x, &y).unwrap();
        let problem = FiniteDifferences::forward(curve);
        let fitted = Fit::new(&backend).run(&problem, &[1.0; 4]).unwrap();
        assert!(
            fitted.termination != Termination::Stalled,
            "{seed}: {fitted}"
        );
    }
}
