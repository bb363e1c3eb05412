//! What the README shows is what a fit prints.

use leastwise_faer::Faer;
use leastwise_optim::fit;

const README: &str = include_str!("../README.md");

#[test]
fn the_readme_shows_what_is_printed() {
    let x = [
        77.6, 114.9, 141.1, 190.8, 239.9, 289.0, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1, 689.1,
        760.0,
    ];
    let y = [
        10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.40, 75.47,
        81.78,
    ];
    let model = |x: f64, p: &[f64]| p[0] * (1.0 - (-p[1] * x).exp());
    let fitted = fit(&Faer::default(), model, &x, &y, &[250.0, 5e-4]).unwrap();
    let text = fitted.to_string();
    // Counts may differ by rounding, and time does.
    let (table, counts) = text.rsplit_once('\n').unwrap();
    assert!(README.contains(table), "{text}");
    assert!(counts.contains(" steps, ") && counts.contains(" residual evaluations, "));
}
