//! Runs the examples, and compares their results with the true parameters of their data.

#![expect(
    clippy::duplicate_mod,
    reason = "each example includes the module that draws"
)]

use std::path::{Path, PathBuf};

use leastwise::{Fitted, ParameterState};

#[path = "../examples/bounded_fit.rs"]
#[expect(dead_code, reason = "main is not called")]
mod bounded_fit;
#[path = "../examples/compare_backends.rs"]
#[expect(dead_code, reason = "main is not called")]
mod compare_backends;
#[path = "../examples/curve_fit.rs"]
#[expect(dead_code, reason = "main is not called")]
mod curve_fit;
#[path = "../examples/image_stack.rs"]
#[expect(dead_code, reason = "main is not called")]
mod image_stack;
#[path = "../examples/robust_fit.rs"]
#[expect(dead_code, reason = "main is not called")]
mod robust_fit;

fn picture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

fn assert_is_drawn(picture: &Path) {
    let bytes = std::fs::read(picture).unwrap();
    assert!(
        bytes.starts_with(b"\x89PNG\r\n\x1a\n"),
        "{}",
        picture.display()
    );
}

/// The data are the same in each run and were chosen for their pictures. This is not a test of
/// coverage.
const STANDARD_ERRORS: f64 = 4.0;

fn is_within(fitted: &Fitted<f64>, j: usize, truth: f64) -> bool {
    (fitted.parameters[j] - truth).abs() <= STANDARD_ERRORS * fitted.standard_errors()[j]
}

#[track_caller]
fn assert_found(fitted: &Fitted<f64>, truth: &[f64]) {
    assert!(fitted.is_success(), "{fitted}");
    for (j, &truth) in truth.iter().enumerate() {
        assert!(
            is_within(fitted, j, truth),
            "{j} should be {truth} in\n{fitted}"
        );
    }
}

#[test]
fn a_curve_is_fitted() {
    let picture = picture("curve-fit.png");
    let [simple, weighted] = curve_fit::run(&picture).unwrap();
    assert_found(&simple, &curve_fit::TRUTH);
    assert_found(&weighted, &curve_fit::TRUTH);
    assert_is_drawn(&picture);
}

/// The README of the repository shows what the example prints.
#[test]
fn the_readme_shows_the_fit() {
    let [simple, _] = curve_fit::run(&picture("readme.png")).unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let readme = std::fs::read_to_string(path).unwrap();
    // Everything except the time, which comes last.
    let text = simple.to_string();
    let (steady, _) = text.rsplit_once(", ").unwrap();
    assert!(
        readme.contains(&format!("```text\n{steady}, ")),
        "the README should have\n{text}"
    );
}

/// A fit ends where the undamped step δ has ‖J·δ‖ ≤ √ftol·‖r‖ = ε^0.75·‖r‖ (`TrustRegion`). By Cauchy-Schwarz,
/// |δⱼ| ≤ ‖J·δ‖·√((JᵀJ)⁻¹ⱼⱼ) ≤ ε^0.75·√(m − n)·sⱼ, where sⱼ is the standard error of pⱼ, with
/// sⱼ² = ‖r‖²/(m − n)·(JᵀJ)⁻¹ⱼⱼ. The bound is twice that for two backends, and twice again for the curvature.
fn digits_at_least(fitted: &Fitted<f64>) -> f64 {
    let pairs = fitted.parameters.iter().zip(fitted.standard_errors());
    let relative = pairs.map(|(p, s)| s / p.abs()).fold(0.0, f64::max);
    let freedom = fitted.degrees_of_freedom as f64;
    -(4.0 * f64::EPSILON.powf(0.75) * freedom.sqrt() * relative).log10()
}

#[test]
fn backends_agree() {
    let picture = picture("compare-backends.png");
    let outcomes = compare_backends::run(&picture).unwrap();
    assert_eq!(outcomes.len(), 15);
    for outcome in &outcomes {
        let (backend, digits) = (outcome.backend, outcome.digits);
        assert_found(&outcome.fitted, &compare_backends::TRUTH);
        let least = digits_at_least(&outcome.fitted);
        assert!(digits >= least, "{backend}: {digits} < {least}");
    }
    assert_is_drawn(&picture);
}

/// Student's t with 26 degrees of freedom is within ±2 with a probability of 0.944; of 1600 pixels, 0.006 is a standard
/// deviation. The model is curved by a few per cent of a standard error.
#[test]
fn every_pixel_of_a_stack_is_fitted() {
    let picture = picture("image-stack.png");
    let size = 40;
    let fitted = image_stack::run(&picture, size).unwrap();
    assert_eq!(fitted.successes(), size * size);
    for j in 0..4 {
        let share = image_stack::share_within(&fitted, size, j);
        assert!((share - 0.944).abs() <= 0.03, "{j}: {share}");
    }
    assert_is_drawn(&picture);
}

#[test]
fn outliers_are_resisted() {
    let picture = picture("robust-fit.png");
    let [squares, huber, tukey] = robust_fit::run(&picture).unwrap();
    assert_found(&tukey, &robust_fit::TRUTH);
    assert!(huber.is_success());
    let top = |fitted: &Fitted<f64>| (fitted.parameters[1] - robust_fit::TRUTH[1]).abs();
    assert!(top(&tukey) < top(&huber) && top(&huber) < top(&squares));
    assert_is_drawn(&picture);
}

#[test]
fn bounds_are_kept() {
    let picture = picture("bounded-fit.png");
    let [free, bounded] = bounded_fit::run(&picture).unwrap();
    assert!(free.parameters[3] < 0.0, "{free}");
    assert_found(&bounded, &bounded_fit::TRUTH);
    assert_eq!(bounded.states[3], ParameterState::AtLowerBound);
    assert_eq!(bounded.states[4], ParameterState::Fixed);
    assert_is_drawn(&picture);
}
