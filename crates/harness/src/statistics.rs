//! Medians and ratios of medians, with intervals by the bootstrap.
//!
//! Samples come from a few processes, each a run of rounds. Processes differ by more than rounds do
//! (where memory lies, which pages are huge), and contenders of a round share the machine's mood. So
//! a resample draws processes and then rounds within them, the same for both sides of a ratio.
//!
//! Source: A. Davison, D. Hinkley, *Bootstrap Methods and their Application* (1997), §3.8, for
//! hierarchical data and for the factor that small numbers of processes ask for.

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

/// A figure with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The figure.
    pub mid: f64,
    /// The upper end.
    pub high: f64,
}

impl Interval {
    /// Half the width against the figure.
    #[must_use]
    pub fn relative_half_width(self) -> f64 {
        (self.high - self.low) / (2.0 * self.mid)
    }
}

/// Fewer samples than this say nothing about their own spread.
pub const FEW_SAMPLES: usize = 5;

const RESAMPLES: usize = 1000;
/// Of the normal distribution.
const QUANTILE_95: f64 = 1.959_964;

/// The middle of a sample that is not empty.
#[must_use]
pub fn median(samples: &[f64]) -> f64 {
    let mut sorted = samples.to_vec();
    median_of_mut(&mut sorted)
}

fn median_of_mut(samples: &mut [f64]) -> f64 {
    let (count, middle) = (samples.len(), samples.len() / 2);
    let (below, &mut upper, _) = samples.select_nth_unstable_by(middle, f64::total_cmp);
    if count % 2 == 1 {
        return upper;
    }
    let lower = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    f64::midpoint(lower, upper)
}

/// The median and its interval.
#[must_use]
pub fn median_interval(samples: &[f64], processes: usize) -> Interval {
    let spread = spread_of_log(samples, None, processes);
    around(median(samples), spread, QUANTILE_95)
}

/// median(a)/median(b) and its interval. The samples of one place were taken in one round.
#[must_use]
pub fn ratio_interval(a: &[f64], b: &[f64], processes: usize) -> Interval {
    ratio_interval_at(a, b, processes, QUANTILE_95)
}

/// The same at another level, given as a quantile of the normal distribution.
#[must_use]
pub fn ratio_interval_at(a: &[f64], b: &[f64], processes: usize, quantile: f64) -> Interval {
    let spread = spread_of_log(a, Some(b), processes);
    around(median(a) / median(b), spread, quantile)
}

fn around(mid: f64, spread: f64, quantile: f64) -> Interval {
    let factor = (quantile * spread).exp();
    Interval {
        low: mid / factor,
        mid,
        high: mid * factor,
    }
}

/// The standard deviation of the logarithm of the median by what processes differ in: that of the median
/// of P values is 1.2533·σ/√P. With one process it is that of the bootstrap.
#[must_use]
pub fn process_spread(samples: &[f64], processes: usize) -> f64 {
    let rounds = samples.len() / processes.max(1);
    if processes < 2 || rounds == 0 {
        return spread_of_log(samples, None, processes);
    }
    let medians: Vec<f64> = samples
        .chunks_exact(rounds)
        .map(|process| median(process).ln())
        .collect();
    let count = medians.len() as f64;
    let mean = medians.iter().sum::<f64>() / count;
    let squares: f64 = medians.iter().map(|log| (log - mean) * (log - mean)).sum();
    1.2533 * (squares / (count - 1.0) / count).sqrt()
}

/// The standard deviation of the logarithm of the median, or of the ratio of two medians.
fn spread_of_log(a: &[f64], b: Option<&[f64]>, processes: usize) -> f64 {
    let len = b.map_or(a.len(), |b| b.len().min(a.len()));
    let processes = processes.clamp(1, len.max(1));
    let rounds = len / processes;
    if rounds == 0 || len < 2 {
        return f64::INFINITY;
    }
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let mut logs = Vec::with_capacity(RESAMPLES);
    let (mut left, mut right) = (Vec::with_capacity(len), Vec::with_capacity(len));
    for _ in 0..RESAMPLES {
        left.clear();
        right.clear();
        for _ in 0..processes {
            let process = rng.random_range(0..processes);
            for _ in 0..rounds {
                let place = process * rounds + rng.random_range(0..rounds);
                left.push(a[place]);
                right.extend(b.map(|b| b[place]));
            }
        }
        let ratio = if b.is_some() {
            median_of_mut(&mut left) / median_of_mut(&mut right)
        } else {
            median_of_mut(&mut left)
        };
        logs.push(ratio.ln());
    }
    let mean = logs.iter().sum::<f64>() / RESAMPLES as f64;
    let squares: f64 = logs.iter().map(|log| (log - mean) * (log - mean)).sum();
    // Resampling P processes shows (P − 1)/P of their variance.
    let shown = if processes > 1 {
        (processes - 1) as f64 / processes as f64
    } else {
        1.0
    };
    (squares / (RESAMPLES - 1) as f64 / shown).sqrt()
}

#[cfg(test)]
mod tests {
    use rand_distr::{Distribution, StandardNormal};

    use super::*;

    #[test]
    fn the_median_is_the_middle_or_between_the_two_there_are() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), 2.5);
        assert_eq!(median(&[7.0]), 7.0);
    }

    #[test]
    fn processes_that_differ_spread_and_rounds_within_them_do_not() {
        let alike = [1.0, 2.0, 3.0, 3.0, 2.0, 1.0];
        assert!(process_spread(&alike, 2) < 1e-12);
        let apart = [1.0, 1.0, 1.0, 2.0, 2.0, 2.0];
        // Two values ln 2 apart have the standard deviation ln 2/√2, their mean half of ln 2.
        let expected = 1.2533 * 2f64.ln() / 2.0;
        assert!((process_spread(&apart, 2) - expected).abs() < 1e-12);
    }

    #[test]
    fn one_sample_has_no_interval() {
        assert_eq!(median_interval(&[5.0], 1).high, f64::INFINITY);
        assert!(median_interval(&[5.0, 5.0], 1).relative_half_width() < 1e-12);
    }

    /// Two contenders of a known ratio, in processes and rounds whose moods they share, with noise of
    /// their own on top: how often the interval covers the ratio.
    #[test]
    fn the_interval_of_a_ratio_covers_it_about_as_often_as_it_says() {
        const PROCESSES: usize = 5;
        const ROUNDS: usize = 4;
        const TRIALS: u32 = 300;
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut normal = |scale: f64| {
            let z: f64 = StandardNormal.sample(&mut rng);
            scale * z
        };
        let mut covered = 0;
        for _ in 0..TRIALS {
            let (mut a, mut b) = (Vec::new(), Vec::new());
            for _ in 0..PROCESSES {
                let (shared, own_a, own_b) = (normal(0.1), normal(0.01), normal(0.01));
                for _ in 0..ROUNDS {
                    let mood = shared + normal(0.05);
                    a.push((mood + own_a + normal(0.01)).exp() * 1.25);
                    b.push((mood + own_b + normal(0.01)).exp());
                }
            }
            let interval = ratio_interval(&a, &b, PROCESSES);
            covered += u32::from(interval.low <= 1.25 && 1.25 <= interval.high);
        }
        // 95 % of 300 is 285 with a standard deviation of 3.8. Rounds within resampled processes
        // count the scatter of rounds twice, so the interval is on the safe side.
        assert!(covered >= 277, "{covered} of {TRIALS}");
    }
}
