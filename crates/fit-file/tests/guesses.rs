//! Models that start themselves, beside what the flags state.

use leastwise_fit_file::Outcome;
use rand::rngs::ChaCha12Rng;
use rand::{RngExt, SeedableRng};
use rand_distr::StandardNormal;

use super::folder::Folder;

/// Peaks of height 5 at 3 and of height 2 at 8, and the standard deviation of the noise, 0.05. Every tenth row has a spike
/// and a standard deviation of 1000.
fn peaks() -> String {
    let mut rng = ChaCha12Rng::seed_from_u64(11);
    let row = |i: u32| {
        let t = 0.1 * f64::from(i);
        let peak = |height: f64, at: f64| height * (-0.5 * ((t - at) / 0.5f64).powi(2)).exp();
        let noise: f64 = rng.sample(StandardNormal);
        let clean = peak(5.0, 3.0) + peak(2.0, 8.0) + 1.0 + 0.05 * noise;
        let spike = if i % 10 == 5 { 200.0 } else { 0.0 };
        let sigma = if spike > 0.0 { 1000.0 } else { 0.05 };
        format!("{t},{:?},{:?},{sigma}\n", clean, clean + spike)
    };
    let rows: String = (0..110).map(row).collect();
    format!("t,y,spiked,err\n{rows}")
}

fn fit(folder: &Folder, y: &str, flags: &[&str]) -> Outcome {
    let columns = ["--x", "t", "--y", y, "--model", "gaussian"];
    folder
        .fit("peaks.csv", &[&columns, flags].concat())
        .unwrap()
}

/// The others are guessed beside a value of the user, so the fit is that of the peak at this place.
#[test]
fn a_value_of_the_user_chooses_the_peak() {
    let folder = Folder::new("values");
    folder.write("peaks.csv", &peaks());
    let center = |flags: &[&str]| {
        let outcome = fit(&folder, "y", flags);
        assert!(
            outcome.fitted.is_success(),
            "{flags:?}: {}",
            outcome.summary()
        );
        (outcome.fitted.parameters[1], outcome.fitted.parameters[0])
    };
    let (mu, _) = center(&[]);
    assert!((mu - 3.0).abs() < 0.1, "{mu}");
    // The other peak is a part of the noise of each fit, so heights are those of the peaks to a tenth or so.
    for flags in [
        &["--start", "mu=8"][..],
        &["--start", "mu=7.7,sigma=0.3"],
        &["--fix", "mu=8"],
        &["--bounds", "mu=7.5:8.5"],
        // The hollow between the peaks is deeper than the smaller peak is high.
        &["--bounds", "a=0:,mu=6:10"],
        &["--tie", "mu=8*one", "--fix", "one=1"],
    ] {
        let outcome = fit(&folder, "y", flags);
        let place = |name: &str| outcome.fitted.names.iter().position(|n| n == name).unwrap();
        let [mu, a] = ["mu", "a"].map(|name| outcome.fitted.parameters[place(name)]);
        assert!(
            (mu - 8.0).abs() < 0.2 && (1.2..2.5).contains(&a),
            "{flags:?}: {}",
            outcome.summary()
        );
    }
    // The background of a held value is not guessed.
    let (_, height) = center(&["--fix", "c=1"]);
    assert!((height - 5.0).abs() < 0.2, "{height}");
}

#[test]
fn spikes_of_large_sigmas_or_in_a_robust_fit_do_not_decide() {
    let folder = Folder::new("spikes");
    folder.write("peaks.csv", &peaks());
    let plain = fit(&folder, "spiked", &[]);
    assert!(plain.fitted.parameters[0] > 20.0, "{}", plain.summary());
    for flags in [
        &["--sigma", "err"][..],
        &["--robust"],
        &["--robust", "tukey"],
    ] {
        let outcome = fit(&folder, "spiked", flags);
        let p = &outcome.fitted.parameters;
        assert!(
            outcome.fitted.is_success(),
            "{flags:?}: {}",
            outcome.summary()
        );
        assert!(
            (p[1] - 3.0).abs() < 0.1 && (p[0] - 5.0).abs() < 0.6,
            "{flags:?}: {}",
            outcome.summary()
        );
    }
}
