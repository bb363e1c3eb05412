//! Medians and ratios of medians, with intervals by the bootstrap.
//!
//! Samples come from a few processes, each with a number of rounds. Processes differ by more than rounds do:
//! memory lies elsewhere, or other pages are huge. Contenders of one round share the state of the machine. So
//! a resample draws processes and then rounds within them, the same ones for both sides of a ratio.
//!
//! Source: A. Davison, D. Hinkley, *Bootstrap Methods and their Application* (1997), §3.8. It treats
//! hierarchical data, and the correction factor for a small number of processes.

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
    /// Half the width of the interval over the figure.
    #[must_use]
    pub fn relative_half_width(self) -> f64 {
        (self.high - self.low) / (2.0 * self.mid)
    }
}

/// The number of samples below which their spread cannot be estimated.
pub const FEW_SAMPLES: usize = 5;

const RESAMPLES: usize = 1000;
/// The two-sided 95 % quantile of the normal distribution.
const QUANTILE_95: f64 = 1.959_964;

/// The median of a sample that is not empty.
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

/// The median with its 95 % interval.
#[must_use]
pub fn median_interval(samples: &[f64], processes: usize) -> Interval {
    let spread = spread_of_log(samples, None, processes);
    around(median(samples), spread, QUANTILE_95)
}

/// median(a)/median(b) with its 95 % interval. The samples of one index were taken in one round.
#[must_use]
pub fn ratio_interval(a: &[f64], b: &[f64], processes: usize) -> Interval {
    ratio_interval_at(a, b, processes, QUANTILE_95)
}

/// Like [`ratio_interval`], at another level, given as a quantile of the normal distribution.
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

/// The standard deviation of ln(median), from the differences between processes. For the median of P values
/// it is 1.2533·σ/√P. For one process, it is that of the bootstrap.
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

/// The standard deviation of ln(median), or of the logarithm of the ratio of two medians.
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
        // Two values that are ln 2 apart have the standard deviation ln 2/√2. That of their mean is ln 2/2.
        let expected = 1.2533 * 2f64.ln() / 2.0;
        assert!((process_spread(&apart, 2) - expected).abs() < 1e-12);
    }

    #[test]
    fn one_sample_has_no_interval() {
        assert_eq!(median_interval(&[5.0], 1).high, f64::INFINITY);
        assert!(median_interval(&[5.0, 5.0], 1).relative_half_width() < 1e-12);
    }

    /// Two contenders with a known ratio, in processes and rounds. They share the state of the machine, and
    /// each has its own noise. The test counts how often the interval covers the ratio.
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
        // 95 % of 300 is 285, with a standard deviation of 3.8. Rounds within resampled processes count the
        // scatter of rounds twice, so the interval is conservative.
        assert!(covered >= 277, "{covered} of {TRIALS}");
    }
}
