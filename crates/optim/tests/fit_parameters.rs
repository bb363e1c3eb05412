//! Parameters with names, bounds and ties.

use leastwise_core::Error;
use leastwise_faer::Faer;
use leastwise_optim::{
    Curve, FiniteDifferences, Fit, Fitted, ParameterState, Parameters, Prediction, Profile,
    RobustLoss, Sigma, fit,
};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

const INFINITY: f64 = f64::INFINITY;

fn decays(t: f64, p: &[f64]) -> f64 {
    p[0] * (-p[1] * t).exp() + p[2] * (-p[3] * t).exp() + p[4]
}

fn decays_gradient(t: f64, p: &[f64], g: &mut [f64]) {
    let (a, b) = ((-p[1] * t).exp(), (-p[3] * t).exp());
    g.copy_from_slice(&[a, -p[0] * t * a, b, -p[2] * t * b, 1.0]);
}

/// p₂ follows from p₀ and p₁, and p₃ from p₁.
type Tie = fn(&[f64]) -> f64;

const TIES: [(Tie, Tie); 4] = [
    (|p| p[0], |p| 2.0 * p[1]),
    (|p| 3.0 - p[0], |p| p[1] + 1.0),
    (|p| p[0] * p[1], |p| p[1] * p[1]),
    (|p| (0.5 * p[0]).exp(), |p| 4.0 * p[1] - 0.1 * p[0] * p[2]),
];

fn all_of((second, third): (Tie, Tie), q: &[f64]) -> [f64; 5] {
    let mut p = [q[0], q[1], 0.0, 0.0, q[2]];
    p[2] = second(&p[..2]);
    p[3] = third(&p[..3]);
    p
}

fn data(random: &mut StdRng, ties: (Tie, Tie), scale: f64) -> (Vec<f64>, Vec<f64>) {
    let m = random.random_range(5..40);
    let t: Vec<f64> = (0..m).map(|i| 4.0 * f64::from(i) / f64::from(m)).collect();
    let q = [
        random.random_range(0.5..2.5),
        random.random_range(0.3..1.5),
        0.2,
    ];
    let p = all_of(ties, &q);
    let y = t
        .iter()
        .map(|&t| scale * (decays(t, &p) + random.random_range(-0.05..0.05)));
    (t.clone(), y.collect())
}

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|value| value.to_bits()).collect()
}

fn band_bits(band: &[Prediction<f64>]) -> Vec<u64> {
    let of = |p: &Prediction<f64>| {
        let ((a, b), (c, d), (e, f)) = (p.confidence, p.simultaneous, p.observation);
        bits(&[p.value, p.standard_error, a, b, c, d, e, f])
    };
    band.iter().flat_map(of).collect()
}

fn profile_bits(profile: &Profile<f64>) -> (Option<u64>, Option<u64>, Vec<u64>) {
    let points = profile.points.iter();
    (
        profile.lower.map(f64::to_bits),
        profile.upper.map(f64::to_bits),
        points.flat_map(|p| bits(&[p.value, p.tau])).collect(),
    )
}

/// With differences, a fit with ties is the fit of the untied parameters to the last bit: estimates, errors, bands and
/// profiles, on any number of threads.
#[test]
fn a_tied_fit_is_the_fit_written_by_hand() {
    let backend = Faer::default();
    let (mut successes, mut profiles) = (0, 0);
    for seed in 0..60 {
        let mut random = StdRng::seed_from_u64(seed);
        let ties = TIES[random.random_range(0..TIES.len())];
        let (t, y) = data(&mut random, ties, 1.0);
        let mut fit = Fit::new(&backend);
        if random.random_range(0..4) == 0 {
            fit = fit.with_loss(RobustLoss::huber(0.03).unwrap());
        }
        if random.random_bool(0.5) {
            fit = fit.with_sigma_scale(Sigma::Absolute);
        }
        let (is_bounded, is_held) = (random.random_bool(0.3), random.random_bool(0.3));
        let q = [1.0, random.random_range(0.2..2.0), 0.1];
        // The same parameters, with and without the tied ones.
        let parameters = |is_tied: bool| {
            let mut parameters = Parameters::new().free("a", q[0]).free("k", q[1]);
            if is_bounded {
                parameters = parameters.within(0.05, 0.9 + q[1]);
            }
            if is_tied {
                parameters = parameters.tied("b", ties.0).tied("l", ties.1);
            }
            if is_held {
                parameters.held("c", q[2])
            } else {
                parameters.free("c", q[2])
            }
        };
        let by_hand = |t: f64, q: &[f64]| decays(t, &all_of(ties, q));
        let own = Curve::new(5, decays, &t, &y).unwrap();
        let hand = Curve::new(3, by_hand, &t, &y).unwrap();
        let x = [0.3, 2.0, 9.0];
        let (tied, expected) = {
            let differences = FiniteDifferences::central(&own);
            let tied = fit.run(&differences, parameters(true)).unwrap();
            let threaded = fit.clone().with_threads(3);
            let threaded = threaded.run(&differences, parameters(true)).unwrap();
            assert_eq!(bits(&threaded.parameters), bits(&tied.parameters), "{seed}");
            let hand = FiniteDifferences::central(&hand);
            (tied, fit.run(&hand, parameters(false)).unwrap())
        };
        assert_eq!(
            bits(&tied.parameters),
            bits(&all_of(ties, &expected.parameters)),
            "{seed}"
        );
        let untied = [0, 1, 4];
        for (k, &j) in untied.iter().enumerate() {
            let (error, other) = (tied.standard_errors()[j], expected.standard_errors()[k]);
            assert_eq!(error.to_bits(), other.to_bits(), "{seed}");
            assert_eq!(tied.states[j], expected.states[k], "{seed}");
        }
        assert_eq!(bits(&tied.residuals), bits(&expected.residuals), "{seed}");
        assert_eq!(tied.termination, expected.termination, "{seed}");
        assert_eq!(tied.counts, expected.counts, "{seed}");
        assert_eq!(tied.degrees_of_freedom, expected.degrees_of_freedom);
        assert_eq!(tied.is_full_rank(), expected.is_full_rank(), "{seed}");
        let bands = own.predict(&tied, &x, 0.9).unwrap();
        let hand_bands = hand.predict(&expected, &x, 0.9).unwrap();
        assert_eq!(band_bits(&bands), band_bits(&hand_bands), "{seed}");
        if tied.is_success() {
            successes += 1;
            let differences = FiniteDifferences::central(&own);
            let profile = fit.profile(&differences, &tied, 1, 0.9);
            let hand = fit.profile(&FiniteDifferences::central(&hand), &expected, 1, 0.9);
            match (profile, hand) {
                (Ok(profile), Ok(hand)) => {
                    profiles += 1;
                    for point in &profile.points {
                        let q = untied.map(|j| point.parameters[j]);
                        assert_eq!(bits(&point.parameters), bits(&all_of(ties, &q)));
                    }
                    assert_eq!(profile_bits(&profile), profile_bits(&hand), "{seed}");
                }
                (Err(a), Err(b)) => assert_eq!(a.to_string(), b.to_string(), "{seed}"),
                (a, b) => panic!("{seed}: {a:?} {b:?}"),
            }
        }
    }
    assert!(successes > 50 && profiles > 30, "{successes} {profiles}");
}

/// √(gᵀCg) and correlations from the covariance of the untied parameters, with the slopes of ties by hand.
#[test]
fn tied_parameters_have_the_errors_of_the_delta_method() {
    let backend = Faer::default();
    for (seed, scale) in [(0, 1.0), (1, 1e-150), (2, 1e150), (3, 1e-8)] {
        let mut random = StdRng::seed_from_u64(seed);
        let scaled = move |t: f64, p: &[f64]| scale * decays(t, p);
        let (t, y) = data(&mut random, TIES[3], scale);
        let gradient = move |t: f64, p: &[f64], g: &mut [f64]| {
            decays_gradient(t, p, g);
            for entry in g {
                *entry *= scale;
            }
        };
        let curve = Curve::new(5, scaled, &t, &y).unwrap();
        let curve = curve.with_gradient(gradient);
        let parameters = Parameters::new()
            .free("a", 1.0)
            .free("k", 1.0)
            .tied("b", TIES[3].0)
            .tied("l", TIES[3].1)
            .free("c", 0.1);
        let fitted = Fit::new(&backend).run(&curve, parameters).unwrap();
        assert!(fitted.is_success(), "{fitted}");
        let p = &fitted.parameters;
        let slope_b = [0.5 * p[2], 0.0, 0.0];
        // l = 4·k − 0.1·a·b
        let slope_l = [-0.1 * p[2] - 0.1 * p[0] * slope_b[0], 4.0, 0.0];
        let c = fitted.covariance_matrix();
        let untied = [0, 1, 4];
        let product = |g: &[f64; 3], h: &[f64; 3]| -> f64 {
            let pairs = (0..9).map(|k| (k / 3, k % 3));
            pairs
                .map(|(i, j)| g[i] * h[j] * c[(untied[i], untied[j])])
                .sum()
        };
        // Slopes to 1e-12; correlations of 0.99 take two digits.
        let close = |a: f64, b: f64| (a - b).abs() <= 1e-9 * b.abs();
        assert!(close(c[(2, 2)], product(&slope_b, &slope_b)), "{fitted}");
        assert!(close(c[(3, 3)], product(&slope_l, &slope_l)), "{fitted}");
        assert!(close(c[(2, 3)], product(&slope_b, &slope_l)), "{fitted}");
        assert!(close(c[(2, 1)], product(&slope_b, &[0.0, 1.0, 0.0])));
        // A quantity of tied and untied parameters: a + b.
        let sum = fitted
            .covariance
            .standard_error_of(&[1.0, 0.0, 1.0, 0.0, 0.0]);
        let expected = [1.0 + slope_b[0], 0.0, 0.0];
        assert!(close(sum.unwrap(), product(&expected, &expected).sqrt()));
        // Exact derivatives of ties by the chain rule end where differences do.
        let differences = FiniteDifferences::central(Curve::new(5, scaled, &t, &y).unwrap());
        let other = Fit::new(&backend)
            .run(
                &differences,
                Parameters::new()
                    .free("a", 1.0)
                    .free("k", 1.0)
                    .tied("b", TIES[3].0)
                    .tied("l", TIES[3].1)
                    .free("c", 0.1),
            )
            .unwrap();
        for j in 0..5 {
            let off = (fitted.parameters[j] - other.parameters[j]).abs();
            assert!(
                off <= 1e-5 * fitted.standard_errors()[j],
                "{fitted}\n{other}"
            );
        }
    }
}

/// Leverages and residuals of a fit with ties are those by hand.
#[test]
fn leverages_of_a_tied_fit() {
    let backend = Faer::default();
    let (t, y) = data(&mut StdRng::seed_from_u64(5), TIES[1], 1.0);
    let fit = Fit::new(&backend).with_jacobian();
    let curve = Curve::new(5, decays, &t, &y).unwrap();
    let parameters = Parameters::new()
        .free("a", 1.0)
        .free("k", 1.0)
        .tied("b", TIES[1].0)
        .tied("l", TIES[1].1)
        .free("c", 0.1);
    let tied = fit
        .run(&FiniteDifferences::central(curve), parameters)
        .unwrap();
    let by_hand = |t: f64, q: &[f64]| decays(t, &all_of(TIES[1], q));
    let curve = Curve::new(3, by_hand, &t, &y).unwrap();
    let hand = fit
        .run(&FiniteDifferences::central(curve), &[1.0, 1.0, 0.1])
        .unwrap();
    assert_eq!(
        bits(&tied.leverages().unwrap()),
        bits(&hand.leverages().unwrap())
    );
    let jacobian = tied.jacobian.unwrap();
    assert_eq!((jacobian.rows(), jacobian.cols()), (t.len(), 5));
}

/// A tied parameter is determined if the data determine what it follows from.
#[test]
fn what_is_tied_to_undetermined_parameters_is_not_determined() {
    let x = [0.0, 1.0, 2.0, 3.0];
    let y = [1.0, 2.1, 2.9, 4.2];
    // The data determine p₀ + p₁ and p₂, and p₆ has no effect.
    let model = |x: f64, p: &[f64]| p[0] + p[1] + p[2] * x + 0.0 * p[3] * p[4] * p[5];
    let parameters = Parameters::new()
        .free("a", 0.0)
        .free("b", 0.5)
        .free("slope", 1.0)
        .tied("sum", |p| p[0] + p[1])
        .tied("difference", |p| p[0] - p[1])
        .tied("of none", |_| 7.0)
        .free("idle", 1.0)
        .tied("of idle", |p| 2.0 * p[6]);
    let fitted = fit(&Faer::default(), model, &x, &y, parameters).unwrap();
    let errors = fitted.standard_errors();
    assert_eq!(errors[0], INFINITY);
    assert!(errors[3].is_finite() && errors[3] > 0.0, "{fitted}");
    assert_eq!((errors[4], errors[5], errors[7]), (INFINITY, 0.0, INFINITY));
    assert!(fitted.correlation()[(3, 2)].abs() <= 1.0, "{fitted}");
    assert_eq!(fitted.correlation()[(5, 2)], 0.0);
    let of = |gradient: &[f64]| fitted.covariance.standard_error_of(gradient).unwrap();
    // The difference of the sum and its own tie is known to be constant.
    assert!(of(&[1.0, 1.0, 0.0, -1.0, 0.0, 0.0, 0.0, 0.0]) <= 1e-9 * errors[3]);
    assert_eq!(of(&[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]), INFINITY);
    let text = fitted.to_string();
    assert!(
        text.contains("sum, difference, of none and of idle are tied"),
        "{text}"
    );
    assert_eq!(fitted.states[3], ParameterState::Tied);
}

#[test]
fn the_summary_shows_names_and_ties() {
    let (t, y) = data(&mut StdRng::seed_from_u64(2), TIES[0], 1.0);
    let parameters = Parameters::new()
        .free("a", 1.0)
        .within(0.0, 9.0)
        .free("k", 1.0)
        .tied("b", |p| p[0])
        .tied("twice k", |p| 2.0 * p[1])
        .held("c", 0.2);
    let fitted = fit(&Faer::default(), decays, &t, &y, &parameters).unwrap();
    let text = fitted.to_string();
    assert!(
        text.contains("b and twice k are tied to other parameters"),
        "{text}"
    );
    assert!(text.contains("correlations beyond"), "{text}");
    assert_eq!(fitted.names, ["a", "k", "b", "twice k", "c"]);
    // The second height is the first. A product of two entries, two lengths and two divisions round by 8·u.
    assert!(1.0 - fitted.correlation()[(0, 2)] <= 4.0 * f64::EPSILON);
}

fn refused(parameters: Parameters<f64>) -> String {
    let (x, y) = ([0.0, 1.0, 2.0, 3.0], [1.0, 2.0, 3.0, 5.0]);
    let line = |x: f64, p: &[f64]| p[0] + p[1] * x;
    let outcome: Result<Fitted<f64>, Error> = fit(&Faer::default(), line, &x, &y, parameters);
    outcome.unwrap_err().to_string()
}

#[test]
fn each_mistake_is_one_sentence() {
    let a = || Parameters::new().free("a", 1.0);
    let free = |name: &str, start: f64| a().free(name, start);
    for (parameters, text) in [
        (
            free("a", 1.0),
            "Fit: names must differ, but \"a\" occurs twice",
        ),
        (
            a().held("a", 1.0),
            "Fit: names must differ, but \"a\" occurs twice",
        ),
        (
            free("b", f64::NAN),
            "Fit: start must be finite, but entry (1, 0) is NaN",
        ),
        (
            free("b", 3.0).within(0.0, 2.0),
            "Fit: start must be within the bounds, but b is 3, and its bounds are 0 and 2",
        ),
        (
            a().held("b", 3.0).within(0.0, 2.0),
            "Fit: start must be within the bounds, but b is 3, and its bounds are 0 and 2",
        ),
        (
            free("b", 3.0).within(2.0, 0.0),
            "Fit: bounds of b must be from a number to a larger one, but they are 2 and 0",
        ),
        (
            free("b", 3.0).within(f64::NAN, 0.0),
            "Fit: bounds of b must be from a number to a larger one, but they are NaN and 0",
        ),
        (
            Parameters::new()
                .within(0.0, 1.0)
                .free("a", 1.0)
                .free("b", 1.0),
            "Fit: bounds need a parameter before these, but there is none",
        ),
        (
            a().tied("b", |p| p[0]).within(0.0, 1.0),
            "Fit: tied parameters must have no bounds, but those of b are 0 and 1",
        ),
        (
            a().tied("b", |p| p[0]).with_held(&[1]),
            "Fit: tied parameters must not be held as well, but b is",
        ),
        (
            a().tied("b", |p| p[0]).with_held(&[0]),
            "Fit: tied parameters must leave at least one of 2 parameters free, but 1 are tied and 1 held",
        ),
        (
            a().tied("b", |p| (-p[0]).ln()),
            "Fit: tied parameters must be finite at the start, but b is NaN",
        ),
        (
            Parameters::new().held("a", 1.0).held("b", 1.0),
            "FixedParameters: fixed must leave at least one parameter free, but it holds all 2",
        ),
        (
            a(),
            "fit: start must have one entry for each parameter of the model, but it has 1: the model reads an entry beyond \
             them, p[1]",
        ),
        (
            Parameters::new(),
            "fit: start must have one entry per parameter and at least one, but it has 0",
        ),
    ] {
        assert_eq!(refused(parameters), text);
    }
    // A tie to itself or to a later parameter reads beyond the parameters before it.
    for later in [1, 2, 7] {
        let text = refused(a().tied("b", move |p| p[later]));
        let start = "Fit: tied parameters must follow from the parameters before, but the tie of b, which gets 1 of \
                     them, panics: index out of bounds";
        assert!(text.starts_with(start), "{text}");
    }
    // A bound of the problem on a tied parameter.
    let backend = Faer::default();
    let (x, y) = ([0.0, 1.0, 2.0], [1.0, 2.0, 3.0]);
    let line = |x: f64, p: &[f64]| p[0] + p[1] * x;
    let curve = Curve::new(2, line, &x, &y).unwrap();
    let bounds = leastwise_optim::Bounds::none(2).with(1, 0.0, 1.0).unwrap();
    let bounded = leastwise_optim::Bounded::new(FiniteDifferences::central(curve), bounds).unwrap();
    let error = Fit::new(&backend).run(&bounded, a().tied("b", |p| p[0]));
    assert_eq!(
        error.unwrap_err().to_string(),
        "Fit: tied parameters must have no bounds, but those of b are 0 and 1"
    );
}

/// A tall problem with ties does not store J, and has the bits of the one by hand.
#[test]
fn a_tall_tied_fit_is_the_one_by_hand() {
    let m = 100_000;
    let x: Vec<f64> = (0..m).map(|i| 4.0 * f64::from(i) / f64::from(m)).collect();
    let wave = |x: f64| (1e6 * x).sin();
    let y: Vec<f64> = x
        .iter()
        .map(|&x| 3.0 * (-x).exp() + 0.1 * wave(x))
        .collect();
    let model = |x: f64, p: &[f64]| p[0] * (-p[1] * x).exp() + p[2];
    let backend = Faer::default();
    let fit = Fit::new(&backend);
    let parameters = Parameters::new()
        .free("a", 1.0)
        .free("k", 0.5)
        .tied("c", |p| 0.01 * p[0] * p[1]);
    let curve = FiniteDifferences::central(Curve::new(3, model, &x, &y).unwrap());
    let tied = fit.run(&curve, &parameters).unwrap();
    let by_hand = |x: f64, q: &[f64]| model(x, &[q[0], q[1], 0.01 * q[0] * q[1]]);
    let curve = FiniteDifferences::central(Curve::new(2, by_hand, &x, &y).unwrap());
    let hand = fit.run(&curve, &[1.0, 0.5]).unwrap();
    assert!(hand.is_success(), "{hand}");
    assert_eq!(bits(&tied.parameters[..2]), bits(&hand.parameters));
    assert_eq!(
        bits(&tied.standard_errors()[..2]),
        bits(hand.standard_errors())
    );
}
