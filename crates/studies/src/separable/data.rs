//! The problems: sums of exponentials.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde::{Deserialize, Serialize};

/// A sum of decays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Problem {
    /// One set of 24 data with 4 decimals, as those of Lanczos, with so many decays.
    Lanczos(usize),
    /// 64 sets of 1024 data with noise, which share so many lifetimes, on backgrounds.
    Shared(usize),
}

pub(super) struct Data {
    pub(super) times: Vec<f64>,
    /// One set after the other.
    pub(super) y: Vec<f64>,
    pub(super) has_background: bool,
}

/// The rates and amplitudes of C. Lanczos, *Applied Analysis* (1956), p. 272, as lifetimes.
const LANCZOS: [[f64; 3]; 2] = [[0.2, 1.0 / 3.0, 1.0], [1.5576, 0.8607, 0.0951]];

const SETS: usize = 64;
const TIMES: usize = 1024;

impl Problem {
    pub(super) fn all() -> Vec<Self> {
        vec![
            Self::Lanczos(2),
            Self::Lanczos(3),
            Self::Shared(2),
            Self::Shared(3),
        ]
    }

    pub(super) fn name(self) -> String {
        match self {
            Self::Lanczos(terms) => format!("Lanczos, {terms} decays"),
            Self::Shared(terms) => format!("{SETS} sets of {TIMES}, {terms} decays"),
        }
    }

    pub(super) fn lifetimes(self) -> &'static [f64] {
        match self {
            Self::Lanczos(terms) => &LANCZOS[0][..terms],
            Self::Shared(2) => &[1.0, 3.0],
            Self::Shared(_) => &[0.5, 1.5, 5.0],
        }
    }

    pub(super) fn data(self) -> Data {
        let decays = |t: f64, amplitudes: &[f64]| -> f64 {
            let terms = amplitudes.iter().zip(self.lifetimes());
            terms.map(|(a, tau)| a * (-t / tau).exp()).sum()
        };
        match self {
            Self::Lanczos(_) => {
                let times: Vec<f64> = (0..24).map(|i| 0.05 * f64::from(i)).collect();
                let rounded = |t: &f64| (1e4 * decays(*t, &LANCZOS[1])).round() / 1e4;
                Data {
                    y: times.iter().map(rounded).collect(),
                    times,
                    has_background: false,
                }
            }
            Self::Shared(_) => {
                let mut random = StdRng::seed_from_u64(1);
                let times: Vec<f64> = (0..TIMES)
                    .map(|i| 12.5 * i as f64 / (TIMES - 1) as f64)
                    .collect();
                let mut y = Vec::with_capacity(SETS * TIMES);
                for _ in 0..SETS {
                    let amplitudes = self.lifetimes().iter();
                    let amplitudes: Vec<f64> = amplitudes
                        .map(|_| random.random_range(0.0..100.0))
                        .collect();
                    let background = random.random_range(0.0..20.0);
                    for &t in &times {
                        let noise: f64 = (0..4).map(|_| random.random_range(-1.0..1.0)).sum();
                        y.push(decays(t, &amplitudes) + background + noise);
                    }
                }
                Data {
                    times,
                    y,
                    has_background: true,
                }
            }
        }
    }

    /// Lifetimes that are wrong by up to a factor of ten in both directions, each on its own.
    pub(super) fn starts(self, count: u64) -> Vec<Vec<f64>> {
        let mut random = StdRng::seed_from_u64(2);
        let mut start = || {
            let wrong = |tau: &f64| tau * 10f64.powf(random.random_range(-1.0..1.0));
            self.lifetimes().iter().map(wrong).collect()
        };
        (0..count).map(|_| start()).collect()
    }
}
