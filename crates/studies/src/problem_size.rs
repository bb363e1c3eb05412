//! The net of the experiment: the flags that `reproduce` and `rivals` share, and the memory for a size.

use leastwise_backends::AdapterScalar;
use leastwise_core::Backend;
use leastwise_harness::capacity;
use leastwise_two_factor::TwoLayerNetSpec;
use serde::{Deserialize, Serialize};

use crate::error::bad_input;

/// The sizes of the net, and the library that computes its steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, clap::Args)]
pub(crate) struct NetArgs {
    /// Number of inputs n
    #[arg(long, default_value_t = 6, value_parser = positive)]
    pub(crate) xdim: usize,
    /// Number of hidden units k
    #[arg(long, default_value_t = 6, value_parser = positive)]
    pub(crate) wdim: usize,
    /// Number of outputs m
    #[arg(long, default_value_t = 10, value_parser = positive)]
    pub(crate) ydim: usize,
    /// Number of samples s
    #[arg(long, default_value_t = 1000, value_parser = positive)]
    pub(crate) samples: usize,
    /// Seed of the first random draw; other draws take the seeds after it
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    /// Linear-algebra library
    #[arg(long, default_value = "faer")]
    pub(crate) backend: String,
    /// Threads that the library may use
    #[arg(long, default_value_t = 1)]
    pub(crate) threads: usize,
}

impl NetArgs {
    /// # Errors
    /// [`BadInput`](crate::error::BadInput) for an unknown library, or more threads than there are processors.
    pub(crate) fn find<T: AdapterScalar>(&self) -> anyhow::Result<Box<dyn Backend<T>>> {
        capacity::check_threads(self.threads)?;
        leastwise_backends::find(&self.backend, self.threads)
            .map_err(|error| bad_input(format!("--backend: {error}")))
    }

    pub(crate) fn spec(&self) -> TwoLayerNetSpec {
        TwoLayerNetSpec {
            xdim: self.xdim,
            wdim: self.wdim,
            ydim: self.ydim,
            nsamples: self.samples,
            seed: self.seed,
            ..TwoLayerNetSpec::default()
        }
    }

    /// A net of these sizes, with other layers of hidden units.
    pub(crate) fn with_hidden(&self, hidden: &[usize]) -> Net {
        Net {
            inputs: self.xdim as f64,
            hidden: hidden.iter().map(|&size| size as f64).collect(),
            outputs: self.ydim as f64,
            samples: self.samples as f64,
        }
    }
}

/// Parses the size that a flag gives.
///
/// # Errors
/// A description of the fault.
pub(crate) fn positive(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("it must be at least 1".to_owned()),
        Ok(size) => Ok(size),
        Err(error) => Err(format!("{error}")),
    }
}

/// Parses the number that a flag gives. `what` describes the numbers that `holds` accepts.
///
/// # Errors
/// The requirement that the number does not meet.
pub(crate) fn number(text: &str, what: &str, holds: fn(f64) -> bool) -> Result<f64, String> {
    match text.trim().parse() {
        Ok(value) if holds(value) && value.is_finite() => Ok(value),
        _ => Err(format!("it must be {what} and finite")),
    }
}

/// The sizes of a net: n inputs, layers of hidden units from the input on, m outputs, and s samples. They are real
/// numbers, which do not overflow.
#[derive(Clone, Debug)]
pub(crate) struct Net {
    pub(crate) inputs: f64,
    pub(crate) hidden: Vec<f64>,
    pub(crate) outputs: f64,
    pub(crate) samples: f64,
}

impl Net {
    /// The number of entries of X and Y.
    pub(crate) fn data(&self) -> f64 {
        (self.inputs + self.outputs) * self.samples
    }

    pub(crate) fn parameters(&self) -> f64 {
        let sizes = [&[self.inputs], &self.hidden[..], &[self.outputs]].concat();
        sizes.windows(2).map(|pair| pair[0] * pair[1]).sum()
    }

    /// The numbers of rows and columns of the Jacobian.
    pub(crate) fn jacobian(&self) -> (f64, f64) {
        (self.outputs * self.samples, self.parameters())
    }

    /// The largest number of bytes that `TwoLayerNetSpec::draw` holds at a time, for a scalar type of `scalar` bytes.
    /// It holds X and Y in f64, rounded, and transposed; A and its factors; and the parameters in f64 and rounded.
    pub(crate) fn draw_bytes(&self, scalar: f64) -> f64 {
        let data = (8.0 + 2.0 * scalar) * self.data() + scalar * self.samples;
        let factors = 12.0 * 8.0 * self.inputs * self.outputs;
        data + factors + (8.0 + 2.0 * scalar) * self.parameters()
    }
}
