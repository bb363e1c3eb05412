//! Separable fits: the minimum and the standard errors are those of all parameters together.

use std::f64::consts::TAU;
use std::sync::atomic::{AtomicUsize, Ordering};

use leastwise_core::norm::{dot, euclidean};
use leastwise_core::{Error, Mat, MatMut, Result};
use leastwise_faer::Faer;
use leastwise_optim::levenberg_marquardt::TrustRegion;
use leastwise_optim::{
    Bounds, Fit, Fitted, ParameterState, Parameters, RobustLoss, Separable, Sigma, Termination,
    covariance,
};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, StandardNormal};

/// Functions φₖ(x; α) with exact derivatives.
#[derive(Clone, Copy, Debug)]
enum Family {
    /// exp(−x/αₖ).
    Decays(usize),
    /// Gaussians with positions and widths.
    Peaks(usize),
    /// sin(αx) and cos(αx).
    Wave,
}

#[derive(Clone, Copy, Debug)]
struct Model {
    family: Family,
    has_background: bool,
    /// Whether the fit knows the derivatives.
    is_exact: bool,
}

impl Model {
    fn nonlinear(self) -> usize {
        match self.family {
            Family::Decays(terms) => terms,
            Family::Peaks(terms) => 2 * terms,
            Family::Wave => 1,
        }
    }

    fn linear(self) -> usize {
        let terms = match self.family {
            Family::Decays(terms) | Family::Peaks(terms) => terms,
            Family::Wave => 2,
        };
        terms + usize::from(self.has_background)
    }

    fn basis(self, x: f64, alpha: &[f64], phi: &mut [f64]) {
        match self.family {
            Family::Decays(_) => {
                for (phi, tau) in phi.iter_mut().zip(alpha) {
                    *phi = (-x / tau).exp();
                }
            }
            Family::Peaks(_) => {
                for (phi, peak) in phi.iter_mut().zip(alpha.chunks(2)) {
                    let u = (x - peak[0]) / peak[1];
                    *phi = (-0.5 * u * u).exp();
                }
            }
            Family::Wave => (phi[0], phi[1]) = (alpha[0] * x).sin_cos(),
        }
        if self.has_background {
            phi[self.linear() - 1] = 1.0;
        }
    }

    /// ∂(Φ·c)/∂αⱼ.
    fn derivative(self, x: f64, alpha: &[f64], c: &[f64], j: usize) -> f64 {
        match self.family {
            Family::Decays(_) => {
                let tau = alpha[j];
                c[j] * (-x / tau).exp() * x / (tau * tau)
            }
            Family::Peaks(_) => {
                let (mu, width) = (alpha[j / 2 * 2], alpha[j / 2 * 2 + 1]);
                let u = (x - mu) / width;
                let slope = c[j / 2] * (-0.5 * u * u).exp() * u / width;
                if j.is_multiple_of(2) {
                    slope
                } else {
                    slope * u
                }
            }
            Family::Wave => {
                let (sin, cos) = (alpha[0] * x).sin_cos();
                x * (c[0] * cos - c[1] * sin)
            }
        }
    }

    /// Residuals and the exact Jacobian of all parameters, in units of sigma.
    fn linearized(self, data: &Data, p: &[f64]) -> (Vec<f64>, Mat<f64>) {
        let (q, k, m) = (self.nonlinear(), self.linear(), data.x.len());
        let sets = data.y.len() / m;
        let mut r = vec![0.0; data.y.len()];
        let mut j = Mat::zeros(data.y.len(), q + k * sets);
        let mut phi = vec![0.0; k];
        let (alpha, coefficients) = p.split_at(q);
        for (row, r) in r.iter_mut().enumerate() {
            let (set, x) = (row / m, data.x[row % m]);
            let c = &coefficients[set * k..][..k];
            let sigma = data.sigma(row);
            self.basis(x, alpha, &mut phi);
            *r = (dot(&phi, c) - data.y[row]) / sigma;
            for col in 0..q {
                j[(row, col)] = self.derivative(x, alpha, c, col) / sigma;
            }
            for (col, phi) in phi.iter().enumerate() {
                j[(row, q + set * k + col)] = phi / sigma;
            }
        }
        (r, j)
    }
}

#[derive(Clone, Debug)]
struct Data {
    x: Vec<f64>,
    y: Vec<f64>,
    sigmas: Option<Vec<f64>>,
}

impl Data {
    fn sigma(&self, row: usize) -> f64 {
        self.sigmas
            .as_ref()
            .map_or(1.0, |sigmas| sigmas[row % sigmas.len()])
    }

    /// The norm of y in units of sigma.
    fn size(&self) -> f64 {
        let y = self.y.iter().enumerate();
        euclidean(&y.map(|(row, y)| y / self.sigma(row)).collect::<Vec<f64>>())
    }
}

fn run(
    fit: &Fit<'_, f64>,
    model: Model,
    data: &Data,
    start: impl Into<Parameters<f64>>,
) -> Result<Fitted<f64>> {
    let basis = |x: f64, alpha: &[f64], phi: &mut [f64]| model.basis(x, alpha, phi);
    let mut separable = Separable::new(model.nonlinear(), model.linear(), basis, &data.x, &data.y)?;
    if let Some(sigmas) = &data.sigmas {
        separable = separable.with_sigmas(sigmas)?;
    }
    if model.is_exact {
        separable = separable.with_derivatives(move |x, alpha: &[f64], mut d: MatMut<'_, f64>| {
            for k in 0..model.linear() {
                let mut c = vec![0.0; model.linear()];
                c[k] = 1.0;
                for j in 0..alpha.len() {
                    d[(k, j)] = model.derivative(x, alpha, &c, j);
                }
            }
        });
    }
    fit.run_separable(&separable, start)
}

/// Data with their true parameters, and a start of α.
struct Draw {
    model: Model,
    data: Data,
    start: Vec<f64>,
}

fn draw(random: &mut StdRng) -> Draw {
    let mut model = Model {
        family: match random.random_range(0..5) {
            0 => Family::Decays(1),
            1 => Family::Decays(2),
            2 => Family::Peaks(1),
            3 => Family::Peaks(2),
            _ => Family::Wave,
        },
        has_background: random.random_bool(0.5),
        is_exact: false,
    };
    let m: i32 = random.random_range(12..60);
    let rows = usize::try_from(m).unwrap();
    let span = 10f64.powf(random.random_range(-6.0..6.0));
    let x: Vec<f64> = (0..m)
        .map(|i| span * (f64::from(i) + 0.5) / f64::from(m))
        .collect();
    let alpha: Vec<f64> = match model.family {
        Family::Decays(terms) => (0..terms)
            .map(|k| span * [0.08, 0.5][k] * random.random_range(0.7..1.4))
            .collect(),
        Family::Peaks(terms) => (0..terms)
            .flat_map(|k| {
                let centre = [0.3, 0.75][k] * random.random_range(0.9..1.1);
                [span * centre, span * random.random_range(0.05..0.1)]
            })
            .collect(),
        Family::Wave => vec![TAU * random.random_range(1.0..2.5) / span],
    };
    let sets: i32 = random.random_range(1..4);
    let sets = usize::try_from(sets).unwrap();
    let unit = 10f64.powf(random.random_range(-12.0..12.0));
    let noise = unit * 10f64.powf(random.random_range(-6.0..-1.0));
    let sigmas = match random.random_range(0..3) {
        0 => None,
        1 => Some(rows),
        _ => Some(rows * sets),
    };
    let sigmas = sigmas.map(|count| {
        let sigma = || noise * random.random_range(0.5..2.0);
        std::iter::repeat_with(sigma).take(count).collect()
    });
    let mut data = Data {
        x,
        y: Vec::new(),
        sigmas,
    };
    let mut phi = vec![0.0; model.linear()];
    for set in 0..sets {
        let c: Vec<f64> = phi
            .iter()
            .map(|_| unit * random.random_range(0.5..2.0))
            .collect();
        for i in 0..rows {
            model.basis(data.x[i], &alpha, &mut phi);
            let sigma = if data.sigmas.is_some() {
                data.sigma(set * rows + i)
            } else {
                noise
            };
            let error: f64 = StandardNormal.sample(random);
            data.y.push(dot(&phi, &c) + sigma * error);
        }
    }
    let start = alpha
        .iter()
        .map(|alpha| alpha * random.random_range(0.93..1.07))
        .collect();
    model.is_exact = random.random_bool(0.5);
    Draw { model, data, start }
}

/// The relative error of central differences.
const ETA: f64 = 3.7e-11;

/// The size of the terms of which the residuals are differences.
fn cancelling(data: &Data, fitted: &Fitted<f64>, j: &Mat<f64>) -> f64 {
    let lengths = fitted.parameters.iter().enumerate();
    let lengths = lengths.map(|(col, p)| euclidean(j.col(col)) * p);
    euclidean(&lengths.collect::<Vec<f64>>()).max(data.size())
}

#[track_caller]
fn assert_minimum(model: Model, data: &Data, fitted: &Fitted<f64>) {
    let (r, j) = model.linearized(data, &fitted.parameters);
    let size = euclidean(&r);
    let cancelling = cancelling(data, fitted, &j);
    // Both are sums of p + 1 products, with errors of (p + 2)·ε of their terms.
    let terms = cancelling * 8.0 * f64::EPSILON * (r.len() as f64).sqrt();
    for (found, exact) in fitted.residuals.iter().zip(&r) {
        assert!((found - exact).abs() <= terms, "{found:e} and {exact:e}");
    }
    // A run may end where rounding hides the decrease that the linear model predicts.
    // It is 10·ε of the terms that cancel (`TrustRegion`).
    let hidden = (10.0 * f64::EPSILON * (size + cancelling) * size).sqrt();
    for (col, state) in fitted.states.iter().enumerate() {
        if state.is_free() {
            let slope = dot(&r, j.col(col)).abs() / euclidean(j.col(col));
            assert!(
                slope <= hidden + terms,
                "parameter {col}: the slope is {slope:e} instead of {hidden:e} in\n{fitted}"
            );
        }
    }
}

/// The errors are those of the exact Jacobian of all parameters.
#[track_caller]
fn assert_errors(model: Model, data: &Data, fitted: &Fitted<f64>) {
    let (r, j) = model.linearized(data, &fitted.parameters);
    let free: Vec<bool> = fitted.states.iter().map(|state| state.is_free()).collect();
    let exact = covariance(&Faer::default(), j.as_ref(), &free, None).unwrap();
    let s = match fitted.sigma {
        Sigma::Absolute => 1.0,
        Sigma::Relative => euclidean(&r) / (fitted.degrees_of_freedom as f64).sqrt(),
    };
    assert_eq!(fitted.rank(), exact.rank, "{fitted}");
    // Columns with errors of η change the singular values of the scaled J by √n·η, relative to the smallest. Differences
    // have errors of a few η. Those of the residuals change s.
    let n = free.len() as f64;
    let eta = if model.is_exact { f64::EPSILON } else { ETA };
    let terms = 8.0 * f64::EPSILON * (r.len() as f64).sqrt() * cancelling(data, fitted, &j);
    let tolerance = 16.0 * n.sqrt() * eta / exact.reciprocal_condition + terms / euclidean(&r);
    for (col, (found, exact)) in fitted
        .standard_errors()
        .iter()
        .zip(&exact.standard_errors)
        .enumerate()
    {
        assert!(
            (found - exact * s).abs() <= tolerance * exact * s,
            "parameter {col}: {found:e} instead of {:e}, tolerance {tolerance:e}",
            exact * s
        );
    }
    for i in 0..free.len() {
        for k in 0..i {
            let off = fitted.correlation()[(i, k)] - exact.correlation[(i, k)];
            assert!(off.abs() <= 10.0 * tolerance, "({i}, {k}): {off:e}");
        }
    }
}

#[test]
fn random_data_of_every_scale_have_the_minimum_and_the_errors_of_all_parameters() {
    let backend = Faer::default();
    let mut successes = 0;
    for seed in 0..300 {
        let Draw { model, data, start } = draw(&mut StdRng::seed_from_u64(seed));
        let sigma = [Sigma::Relative, Sigma::Absolute][usize::from(seed % 2 == 0)];
        let fit = Fit::new(&backend).with_sigma_scale(sigma);
        let fitted = run(&fit, model, &data, &start).unwrap();
        if fitted.is_success() {
            successes += 1;
            println!("seed {seed}, {model:?}");
            assert_minimum(model, &data, &fitted);
            assert_errors(model, &data, &fitted);
        }
    }
    // The starts are near.
    assert!(successes >= 297, "{successes}");
}

/// The certified values of NIST, with 11 digits.
#[test]
fn lanczos_has_the_certified_values() {
    let y = [
        2.5134, 2.0443, 1.6684, 1.3664, 1.1232, 0.9269, 0.7679, 0.6389, 0.5338, 0.4479, 0.3776,
        0.3197, 0.2720, 0.2325, 0.1997, 0.1723, 0.1493, 0.1301, 0.1138, 0.1000, 0.0883, 0.0783,
        0.0698, 0.0624,
    ];
    let data = Data {
        x: (0..24).map(|i| 0.05 * f64::from(i)).collect(),
        y: y.to_vec(),
        sigmas: None,
    };
    let basis = |x: f64, alpha: &[f64], phi: &mut [f64]| {
        for (phi, rate) in phi.iter_mut().zip(alpha) {
            *phi = (-rate * x).exp();
        }
    };
    let model = Separable::new(3, 3, basis, &data.x, &data.y).unwrap();
    let backend = Faer::default();
    for start in [[0.3, 5.5, 7.6], [0.6, 1.5, 9.0]] {
        let fitted = Fit::new(&backend).run_separable(&model, &start).unwrap();
        assert!(fitted.is_success(), "{fitted}");
        let loss = 1.611_719_359_4e-8;
        assert!(
            (fitted.loss - loss).abs() <= 1e-10 * loss + 1e-18,
            "{:e}",
            fitted.loss
        );
        let mut terms: Vec<(f64, f64, f64, f64)> = (0..3)
            .map(|k| {
                let (p, s) = (&fitted.parameters, fitted.standard_errors());
                (p[k], s[k], p[3 + k], s[3 + k])
            })
            .collect();
        terms.sort_by(|a, b| a.0.total_cmp(&b.0));
        let certified = [
            (
                0.954_981_015_05,
                0.097_041_624_475,
                0.086_816_414_977,
                0.017_197_908_859,
            ),
            (
                2.951_595_183_2,
                0.107_663_125_06,
                0.844_007_774_63,
                0.041_488_663_282,
            ),
            (
                4.986_356_508_4,
                0.034_436_403_035,
                1.582_568_590_1,
                0.058_371_576_281,
            ),
        ];
        for (found, certified) in terms.iter().zip(certified) {
            // κ of the scaled Jacobian is near 10⁵, and the errors of differences are 4e-11.
            let near = |a: f64, b: f64| (a / b - 1.0).abs() < 1e-6;
            assert!(
                near(found.0, certified.0) && near(found.2, certified.2),
                "{found:?}"
            );
            assert!(
                near(found.1, certified.1) && near(found.3, certified.3),
                "{found:?}"
            );
        }
    }
}

fn two_decays(sets: usize) -> (Model, Data) {
    let model = Model {
        family: Family::Decays(2),
        has_background: true,
        is_exact: false,
    };
    let mut random = StdRng::seed_from_u64(11);
    let x: Vec<f64> = (0..40).map(|i| 0.1 * f64::from(i)).collect();
    let mut y = Vec::new();
    for set in 0..sets {
        for x in &x {
            let error: f64 = StandardNormal.sample(&mut random);
            let truth = (2.0 + set as f64) * (-x / 0.4).exp() + 3.0 * (-x / 2.0).exp() + 0.5;
            y.push(truth + 0.01 * error);
        }
    }
    let data = Data { x, y, sigmas: None };
    (model, data)
}

#[test]
fn equal_starts_are_separated() {
    let (model, data) = two_decays(1);
    let backend = Faer::default();
    let fit = Fit::new(&backend);
    let apart = run(&fit, model, &data, &[0.3, 3.0]).unwrap();
    let equal = run(&fit, model, &data, &[1.0, 1.0]).unwrap();
    assert!(apart.is_success() && equal.is_success(), "{equal}");
    assert!((equal.loss / apart.loss - 1.0).abs() < 1e-9, "{equal}");
}

#[test]
fn a_bound_of_alpha_is_kept_and_is_known_in_the_covariance() {
    let (model, data) = two_decays(2);
    let backend = Faer::default();
    let bounds = Bounds::none(2).with(1, 0.1, 1.5).unwrap();
    let fit = Fit::new(&backend);
    let start = Parameters::from(&[0.3, 1.0]).with_bounds(bounds);
    let fitted = run(&fit, model, &data, start).unwrap();
    assert!(fitted.is_success(), "{fitted}");
    assert_eq!(fitted.states[1], ParameterState::AtUpperBound);
    assert_eq!(
        (fitted.parameters[1], fitted.standard_errors()[1]),
        (1.5, 0.0)
    );
    assert_minimum(model, &data, &fitted);
    assert_errors(model, &data, &fitted);
    let inside = Parameters::new().free("fast", 0.3).held("slow", 1.5);
    let held = run(&fit, model, &data, inside).unwrap();
    assert_eq!(held.names[..3], ["fast", "slow", "c[0][0]"]);
    assert_eq!(held.states[1], ParameterState::Fixed);
    assert!((held.loss / fitted.loss - 1.0).abs() < 1e-12);
}

#[test]
fn powers_of_two_change_no_digit() {
    let (model, data) = two_decays(2);
    let backend = Faer::default();
    let fit = Fit::new(&backend);
    for is_exact in [false, true] {
        let model = Model { is_exact, ..model };
        let plain = run(&fit, model, &data, &[0.3, 3.0]).unwrap();
        for (of_x, of_y) in [(0, 300), (0, -300), (200, 0), (-200, 100)] {
            let (x, y) = (2f64.powi(of_x), 2f64.powi(of_y));
            let scaled = Data {
                x: data.x.iter().map(|v| v * x).collect(),
                y: data.y.iter().map(|v| v * y).collect(),
                sigmas: None,
            };
            let found = run(&fit, model, &scaled, &[0.3 * x, 3.0 * x]).unwrap();
            assert_eq!(found.termination, plain.termination);
            let times = |v: &[f64]| -> Vec<f64> {
                let (alpha, c) = v.split_at(2);
                let alpha = alpha.iter().map(|v| v * x);
                alpha.chain(c.iter().map(|v| v * y)).collect()
            };
            let label = format!("2^{of_x}, 2^{of_y}, {is_exact}");
            assert_eq!(found.parameters, times(&plain.parameters), "{label}");
            let errors = times(plain.standard_errors());
            assert_eq!(found.standard_errors(), errors, "{label}");
        }
    }
}

#[test]
fn functions_that_depend_on_each_other_have_infinite_errors() {
    let (_, data) = two_decays(1);
    // The last two functions are multiples of each other.
    let basis = |x: f64, alpha: &[f64], phi: &mut [f64]| {
        phi.copy_from_slice(&[(-x / alpha[0]).exp(), 2.0, 1.0]);
    };
    let model = Separable::new(1, 3, basis, &data.x, &data.y).unwrap();
    let backend = Faer::default();
    let fitted = Fit::new(&backend).run_separable(&model, &[1.0]).unwrap();
    assert_eq!(fitted.rank(), 3);
    assert!(!fitted.is_full_rank());
    let errors = fitted.standard_errors();
    assert!(errors[0].is_finite() && errors[1].is_finite(), "{fitted}");
    assert!(
        errors[2].is_infinite() && errors[3].is_infinite(),
        "{fitted}"
    );

    let single = |x: f64, alpha: &[f64], phi: &mut [f64]| {
        phi.copy_from_slice(&[(-x / alpha[0]).exp(), 1.0]);
    };
    let model = Separable::new(1, 2, single, &data.x, &data.y).unwrap();
    let exact = Fit::new(&backend).run_separable(&model, &[1.0]).unwrap();
    assert!((fitted.loss / exact.loss - 1.0).abs() < 1e-10);
    assert!((errors[0] / exact.standard_errors()[0] - 1.0).abs() < 1e-6);
}

#[test]
fn a_parameter_without_effect_at_the_start_is_no_success() {
    let (model, data) = two_decays(1);
    let backend = Faer::default();
    // The second decay has underflowed at every x but 0.
    for dead in [1e-5, 1e-200] {
        let fitted = run(&Fit::new(&backend), model, &data, &[0.3, dead]).unwrap();
        let apart = run(&Fit::new(&backend), model, &data, &[0.3, 3.0]).unwrap();
        let is_best = fitted.loss <= apart.loss * (1.0 + 1e-6);
        assert!(is_best || !fitted.is_success(), "{fitted}");
    }
}

#[test]
fn a_parameter_that_no_function_reads_is_not_determined() {
    let (_, data) = two_decays(1);
    let basis = |x: f64, alpha: &[f64], phi: &mut [f64]| {
        phi.copy_from_slice(&[(-x / alpha[0]).exp(), 1.0]);
    };
    let model = Separable::new(2, 2, basis, &data.x, &data.y).unwrap();
    let backend = Faer::default();
    let fitted = Fit::new(&backend)
        .run_separable(&model, &[1.0, 7.0])
        .unwrap();
    assert_eq!(fitted.parameters[1], 7.0);
    assert!(fitted.standard_errors()[1].is_infinite());
    assert!(fitted.standard_errors()[0].is_finite());
}

#[test]
fn data_of_zeros_have_coefficients_of_zero() {
    let (model, mut data) = two_decays(2);
    data.y.fill(0.0);
    let backend = Faer::default();
    let fitted = run(&Fit::new(&backend), model, &data, &[0.3, 3.0]).unwrap();
    assert_eq!(fitted.loss, 0.0);
    assert!(fitted.parameters[2..].iter().all(|&c| c == 0.0));
    assert!(
        fitted.standard_errors()[..2]
            .iter()
            .all(|s| s.is_infinite())
    );
}

#[test]
fn exact_data_are_reproduced() {
    let (model, mut data) = two_decays(1);
    let truth = [0.4, 2.0, 2.0, 3.0, 0.5];
    let mut phi = [0.0; 3];
    for (y, &x) in data.y.iter_mut().zip(&data.x) {
        model.basis(x, &truth[..2], &mut phi);
        *y = dot(&phi, &truth[2..]);
    }
    let backend = Faer::default();
    for start in [[0.3, 3.0], [0.2, 1.0], [0.5, 1.5]] {
        let fitted = run(&Fit::new(&backend), model, &data, &start).unwrap();
        assert!(fitted.is_success(), "{start:?}: {fitted}");
        let mut lifetimes = [fitted.parameters[0], fitted.parameters[1]];
        lifetimes.sort_by(f64::total_cmp);
        // κ of the scaled Jacobian is below 10³.
        let near = |a: f64, b: f64| (a / b - 1.0).abs() < 1e-11;
        assert!(
            near(lifetimes[0], 0.4) && near(lifetimes[1], 2.0),
            "{fitted}"
        );
    }
}

#[test]
fn f32_has_half_of_the_digits() {
    let x: Vec<f32> = (0..30).map(|i| 0.1 * i as f32).collect();
    let y: Vec<f32> = x.iter().map(|x| 2.0 * (-x / 0.8).exp() + 1.0).collect();
    let basis = |x: f32, alpha: &[f32], phi: &mut [f32]| {
        phi.copy_from_slice(&[(-x / alpha[0]).exp(), 1.0]);
    };
    let model = Separable::new(1, 2, basis, &x, &y).unwrap();
    let backend = Faer::default();
    let fitted = Fit::new(&backend).run_separable(&model, &[0.5]).unwrap();
    assert!(fitted.is_success(), "{fitted}");
    assert!((fitted.parameters[0] - 0.8).abs() < 1e-4, "{fitted}");
}

#[test]
fn the_names_and_the_kept_jacobian_are_those_of_all_parameters() {
    let (model, data) = two_decays(2);
    let backend = Faer::default();
    let names = ["fast", "slow", "a", "b", "background"];
    let fit = Fit::new(&backend).with_jacobian();
    let start = Parameters::from(&[0.3, 3.0]).with_names(&names);
    let fitted = run(&fit, model, &data, start).unwrap();
    let expected = [
        "fast",
        "slow",
        "a[0]",
        "b[0]",
        "background[0]",
        "a[1]",
        "b[1]",
        "background[1]",
    ];
    assert_eq!(fitted.names, expected);
    let (_, exact) = model.linearized(&data, &fitted.parameters);
    let kept = fitted.jacobian.as_ref().unwrap();
    for col in 0..8 {
        let length = euclidean(exact.col(col));
        for (found, exact) in kept.col(col).iter().zip(exact.col(col)) {
            assert!((found - exact).abs() <= 4.0 * ETA * length, "{col}");
        }
    }
    let leverages: f64 = fitted.leverages().unwrap().iter().sum();
    assert!((leverages - 8.0).abs() < 1e-9);
    let plain = run(&Fit::new(&backend), model, &data, &[0.3, 3.0]).unwrap();
    assert_eq!(plain.names[..3], ["alpha[0]", "alpha[1]", "c[0][0]"]);
}

/// Small problems of every shape, also those that determine nothing.
#[test]
fn no_small_problem_panics_or_has_a_success_that_is_none() {
    let backend = Faer::default();
    for seed in 0..300 {
        let mut random = StdRng::seed_from_u64(seed);
        let Draw {
            model,
            mut data,
            mut start,
        } = draw(&mut random);
        let m = random.random_range(1..=data.x.len());
        let sets = data.y.len() / data.x.len();
        let y = data.y.chunks(data.x.len()).flat_map(|set| &set[..m]);
        data.y = y.copied().collect();
        data.sigmas = None;
        data.x.truncate(m);
        match random.random_range(0..4) {
            0 => data.y.fill(0.0),
            1 => data.x.fill(1.0),
            2 => {
                let first = start[0];
                start.fill(first);
            }
            _ => start
                .iter_mut()
                .for_each(|a| *a *= 10f64.powf(random.random_range(-4.0..4.0))),
        }
        let control = TrustRegion::new().with_max_evaluations(300).unwrap();
        let fit = Fit::new(&backend).with_control(control);
        match run(&fit, model, &data, &start) {
            Ok(fitted) => {
                assert!(fitted.parameters.iter().all(|p| p.is_finite()), "{seed}");
                if fitted.is_success() && fitted.is_full_rank() && fitted.loss > 0.0 {
                    println!("seed {seed}, {model:?}, start {start:?}");
                    assert_minimum(model, &data, &fitted);
                }
            }
            Err(Error::InvalidArgument { .. }) => {
                assert!(
                    m * sets < model.nonlinear() + model.linear() * sets,
                    "{seed}"
                );
            }
            // A Gaussian of width 0, for example.
            Err(Error::NonFinite { .. }) => {}
            Err(other) => panic!("seed {seed}: {other}"),
        }
    }
}

#[track_caller]
fn assert_refused<R: std::fmt::Debug>(outcome: Result<R>, expected: &str) {
    assert_eq!(outcome.unwrap_err().to_string(), expected);
}

#[test]
fn invalid_input_is_refused() {
    let basis = |x: f64, alpha: &[f64], phi: &mut [f64]| {
        phi.copy_from_slice(&[(-x / alpha[0]).exp(), 1.0]);
    };
    let (x, y) = ([0.0, 1.0, 2.0, 3.0], [3.0, 2.0, 1.5, 1.2]);
    assert_refused(
        Separable::new(0, 2, basis, &x, &y),
        "Separable: nonlinear must be at least 1, but it is 0",
    );
    assert_refused(
        Separable::new(1, 0, basis, &x, &y),
        "Separable: linear must be at least 1, but it is 0",
    );
    assert_refused(
        Separable::new(1, 2, basis, &[], &y),
        "Separable: x must have at least one entry, but it has 0",
    );
    assert_refused(
        Separable::new(1, 2, basis, &x, &y[..3]),
        "Separable: y must have 4 entries for each set of data, but it has 3",
    );
    assert_refused(
        Separable::new(1, 2, basis, &x, &[3.0, f64::NAN, 1.0, 1.0]),
        "Separable: y must be finite, but entry (1, 0) is NaN",
    );
    let model = || Separable::new(1, 2, basis, &x, &y).unwrap();
    assert_refused(
        model().with_sigmas(&[1.0; 3]),
        "Separable: sigmas must have 4 or 4 entries, but it has 3",
    );
    assert_refused(
        model().with_sigmas(&[1.0, 0.0, 1.0, 1.0]),
        "Separable: sigmas must be positive and finite, but entry 1 is 0",
    );
    let backend = Faer::default();
    let fit = || Fit::new(&backend);
    assert_refused(
        fit().run_separable(&model(), &[1.0, 2.0]),
        "Fit::run_separable: start must have 1 entries, but it has 2",
    );
    assert_refused(
        fit().run_separable(&model(), &[f64::INFINITY]),
        "Fit: start must be finite, but entry (0, 0) is inf",
    );
    assert_refused(
        fit().run_separable(&model(), &[0.0]),
        "Fit::run_separable: basis at the start must be finite, but entry (0, 0) is NaN",
    );
    let start = || Parameters::from(&[1.0]);
    let refuse = |parameters: Parameters<f64>, text: &str| {
        assert_refused(fit().run_separable(&model(), parameters), text);
    };
    refuse(
        start().with_names(&["tau", "a"]),
        "Fit::run_separable: names must have 3 entries, but it has 2",
    );
    refuse(
        start().with_names(&["tau", "a", "a"]),
        "Fit: names must differ, but \"a\" occurs twice",
    );
    refuse(
        Parameters::new().tied("tau", |_| 1.0),
        "Fit: parameters must have no ties in a fit of a separable model",
    );
    assert_refused(
        fit().with_starts(3).run_separable(&model(), &[1.0]),
        "Fit: starts must be one for a fit of a separable model, but there are 3",
    );
    let profiled = fit().with_profiles(0.95).unwrap();
    assert_refused(
        profiled.run_separable(&model(), &[1.0]),
        "Fit: profiles must not be requested of a fit of a separable model",
    );
    let two = Separable::new(1, 2, basis, &x[..2], &y[..2]).unwrap();
    assert_refused(
        fit().run_separable(&two, &[1.0]),
        "Fit::run_separable: model must have at least as many data as its 3 free parameters, but it has 2",
    );
    let loss = RobustLoss::huber(1.0).unwrap();
    assert_refused(
        fit().with_loss(loss).run_separable(&model(), &[1.0]),
        "Fit::run_separable: loss must be that of least squares, but it is robust",
    );
    let bounds = Bounds::new(&[2.0], &[3.0]).unwrap();
    refuse(
        start().with_bounds(bounds),
        "Fit: start must be within the bounds, but entry 0 is 1, and its bounds are 2 and 3",
    );
    for held in [0, 1] {
        let parameters = start().with_held(&[held]);
        assert!(fit().run_separable(&model(), parameters).is_err());
    }
    let panics = |_: f64, alpha: &[f64], phi: &mut [f64]| phi[0] = alpha[3];
    let panics = Separable::new(1, 2, panics, &x, &y).unwrap();
    let error = fit().run_separable(&panics, &[1.0]).unwrap_err();
    assert!(matches!(error, Error::Panic { .. }), "{error}");
}

#[test]
fn derivatives_that_panic_or_are_not_finite_are_refused() {
    let basis = |x: f64, alpha: &[f64], phi: &mut [f64]| {
        phi.copy_from_slice(&[(-x / alpha[0]).exp(), 1.0]);
    };
    let (x, y) = ([0.0, 1.0, 2.0, 3.0], [3.0, 2.0, 1.5, 1.2]);
    let model = || Separable::new(1, 2, basis, &x, &y).unwrap();
    let backend = Faer::default();
    let fit = Fit::new(&backend);
    let of_panic = |_: f64, alpha: &[f64], mut d: MatMut<'_, f64>| d[(0, 0)] = alpha[3];
    let error = fit.run_separable(&model().with_derivatives(of_panic), &[1.0]);
    let error = error.unwrap_err().to_string();
    assert!(error.contains("derivatives panicked"), "{error}");
    // A derivative that is not finite at the start.
    let of_nan = |_: f64, _: &[f64], mut d: MatMut<'_, f64>| d[(0, 0)] = f64::NAN;
    assert_refused(
        fit.run_separable(&model().with_derivatives(of_nan), &[1.0]),
        "Fit::run_separable: derivatives at the start must be finite, but entry (0, 0) is NaN",
    );
}

/// Exact derivatives take no further evaluations of the functions, and reach the minimum to more digits.
#[test]
fn derivatives_are_used() {
    let (model, data) = two_decays(1);
    let calls = AtomicUsize::new(0);
    let basis = |x: f64, alpha: &[f64], phi: &mut [f64]| {
        calls.fetch_add(1, Ordering::Relaxed);
        model.basis(x, alpha, phi);
    };
    let separable = Separable::new(2, 3, basis, &data.x, &data.y).unwrap();
    let separable = separable.with_derivatives(|x, alpha, mut d| {
        for (k, c) in [[1.0, 0.0], [0.0, 1.0]].iter().enumerate() {
            d[(k, k)] = model.derivative(x, alpha, c, k);
        }
    });
    let backend = Faer::default();
    let fitted = Fit::new(&backend)
        .run_separable(&separable, &[0.3, 3.0])
        .unwrap();
    assert!(fitted.is_success(), "{fitted}");
    assert_eq!(
        calls.into_inner(),
        data.x.len() * fitted.counts.residuals,
        "{:?}",
        fitted.counts
    );
    assert_minimum(model, &data, &fitted);
}

#[test]
fn a_budget_that_is_spent_is_no_success() {
    let (model, data) = two_decays(1);
    let backend = Faer::default();
    let control = TrustRegion::new().with_max_evaluations(3).unwrap();
    let fit = Fit::new(&backend).with_control(control);
    let fitted = run(&fit, model, &data, &[30.0, 0.01]).unwrap();
    assert_eq!(fitted.termination, Termination::EvaluationBudget);
}
