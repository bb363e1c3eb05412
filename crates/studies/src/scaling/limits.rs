//! The limits up to which steps are timed.

use serde::{Deserialize, Serialize};

use super::contender::Contender;
use super::size::Size;
use crate::compare::statistics::FEW_SAMPLES;

/// The number of samples of a step that takes longer than a second.
const SLOW_SAMPLES: usize = 2;

/// The extent of a run, which determines its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Depth {
    Quick,
    Default,
    Full,
}

impl Depth {
    /// The largest width and number of samples.
    pub(super) fn largest(self) -> (usize, usize) {
        match self {
            Self::Quick => (64, 10_000),
            Self::Default => (512, 1_000_000),
            Self::Full => (1024, 1_000_000),
        }
    }

    /// The number of samples of a step that takes at most a quarter of a second.
    fn samples(self) -> usize {
        match self {
            Self::Quick => 5,
            Self::Default => 7,
            Self::Full => 9,
        }
    }
}

/// The number of samples of a call that takes this long.
pub(super) fn wanted(seconds: f64, depth: Depth) -> usize {
    match seconds {
        s if s > 1.0 => SLOW_SAMPLES,
        s if s > 0.25 => FEW_SAMPLES,
        _ => depth.samples(),
    }
}

/// The limits of a contender that holds the Jacobian.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Limits {
    pub(super) jacobian_bytes: f64,
    /// The operations of one call, from [`Size::dense_flops`] and [`Contender::dense_solves`].
    pub(super) flops: f64,
}

impl Limits {
    pub(super) fn of(depth: Depth) -> Self {
        Self {
            // 10⁵ samples, 732 MiB, take nine seconds where the dense step is slow.
            jacobian_bytes: f64::from(match depth {
                Depth::Quick | Depth::Default => 1 << 28,
                Depth::Full => 1 << 30,
            }),
            flops: match depth {
                Depth::Quick => 5e9,
                Depth::Default => 4e10,
                Depth::Full => 2e11,
            },
        }
    }

    pub(super) fn allow(&self, contender: &Contender, size: Size) -> bool {
        contender.dense_solves == 0.0
            || (size.jacobian_bytes() <= self.jacobian_bytes
                && contender.dense_solves * size.dense_flops() <= self.flops)
    }
}

#[cfg(test)]
mod tests {
    use super::super::contender::ALL;
    use super::super::size::Sweep;
    use super::*;

    fn largest(name: &str, depth: Depth, sweep: Sweep, sizes: &[usize]) -> usize {
        let contender = ALL.iter().find(|c| c.name == name).unwrap();
        let limits = Limits::of(depth);
        let allowed = sizes
            .iter()
            .filter(|&&at| limits.allow(contender, sweep.size(at)));
        allowed.copied().max().unwrap()
    }

    #[test]
    fn slow_steps_have_few_samples() {
        assert_eq!([1e-5, 0.5, 2.0].map(|s| wanted(s, Depth::Full)), [9, 5, 2]);
    }

    #[test]
    fn a_dense_step_stops_where_it_takes_seconds_and_a_structured_one_never() {
        let widths = [6, 8, 12, 16, 24, 32, 48, 1024];
        let samples = [1000, 10_000, 100_000, 1_000_000];
        let width = |name, depth| largest(name, depth, Sweep::Width, &widths);
        assert_eq!(width("dense", Depth::Quick), 16);
        assert_eq!(width("dense", Depth::Default), 24);
        assert_eq!(width("dense", Depth::Full), 32);
        assert_eq!(width("kronecker", Depth::Quick), 1024);
        let of_samples = |name| largest(name, Depth::Full, Sweep::Samples, &samples);
        let default = largest("dense", Depth::Default, Sweep::Samples, &samples);
        assert_eq!(default, 10_000);
        // 10⁶ samples make a Jacobian of 7.7 GB.
        assert_eq!(of_samples("dense"), 100_000);
        assert_eq!(of_samples("kronecker"), 1_000_000);
    }
}
