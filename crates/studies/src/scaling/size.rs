//! The sweeps, and the problem of each size.

use leastwise_two_factor::{TwoLayerNet, TwoLayerNetSpec};
use serde::{Deserialize, Serialize};

use crate::problem_size::Net;

/// The quantity that grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Sweep {
    /// m = k = n, with twice as many samples.
    Width,
    /// The number of samples at the published m = 10, k = n = 6.
    Samples,
}

impl Sweep {
    pub(super) const ALL: [Self; 2] = [Self::Width, Self::Samples];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Width => "width",
            Self::Samples => "samples",
        }
    }

    pub(super) fn size(self, at: usize) -> Size {
        match self {
            Self::Width => Size {
                outputs: at,
                hidden: at,
                inputs: at,
                samples: 2 * at,
            },
            Self::Samples => Size {
                outputs: 10,
                hidden: 6,
                inputs: 6,
                samples: at,
            },
        }
    }
}

/// The sizes m, k, n and s of the net.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) outputs: usize,
    pub(super) hidden: usize,
    pub(super) inputs: usize,
    pub(super) samples: usize,
}

impl Size {
    /// The net in real numbers, which do not overflow.
    pub(super) fn net(self) -> Net {
        Net {
            inputs: self.inputs as f64,
            hidden: vec![self.hidden as f64],
            outputs: self.outputs as f64,
            samples: self.samples as f64,
        }
    }

    /// The shape of the Jacobian, m·s × k·(m + n).
    fn jacobian(self) -> (f64, f64) {
        self.net().jacobian()
    }

    pub(super) fn jacobian_bytes(self) -> f64 {
        let (rows, cols) = self.jacobian();
        8.0 * rows * cols
    }

    /// The approximate bytes of a contender, without the samples. They are the Jacobian and its copies in a solve, or
    /// the decompositions of the factors.
    pub(super) fn step_bytes(self, holds_jacobian: bool) -> f64 {
        let (rows, cols) = self.jacobian();
        if holds_jacobian {
            return 8.0 * (2.0 * rows * cols + 6.0 * rows.min(cols) * cols);
        }
        8.0 * 24.0 * cols
    }

    /// The approximate cost of a dense step: QR, then the SVD of the triangle.
    ///
    /// It is 2·r·p² + 20·p³ for r rows and p columns. For a wide Jacobian, r and p are exchanged.
    ///
    /// Source: Golub, Van Loan, *Matrix Computations*, 4th ed., §5.2.2 and figure 8.6.1.
    pub(super) fn dense_flops(self) -> f64 {
        let (rows, cols) = self.jacobian();
        let (long, short) = (rows.max(cols), rows.min(cols));
        2.0 * long * short * short + 20.0 * short.powi(3)
    }
}

/// The problem of a size.
pub(super) struct Subject {
    pub(super) size: Size,
    pub(super) net: TwoLayerNet<f64>,
    pub(super) start: Vec<f64>,
}

impl Subject {
    /// Draws the problem in the same way as the published experiment.
    ///
    /// # Errors
    /// Sizes that do not fit into memory.
    pub(super) fn draw(size: Size) -> leastwise_core::Result<Self> {
        let spec = TwoLayerNetSpec {
            ydim: size.outputs,
            wdim: size.hidden,
            xdim: size.inputs,
            nsamples: size.samples,
            ..TwoLayerNetSpec::default()
        };
        let drawn = spec.draw()?;
        Ok(Self {
            size,
            net: drawn.net,
            start: drawn.start,
        })
    }
}

#[cfg(test)]
mod tests {
    use leastwise_optim::LeastSquaresProblem;

    use super::*;

    #[test]
    fn the_jacobian_is_that_of_the_problem() {
        for size in [Sweep::Width.size(6), Sweep::Samples.size(50)] {
            let net = Subject::draw(size).unwrap().net;
            let entries = net.residuals() * net.parameters();
            assert_eq!(size.jacobian_bytes(), 8.0 * entries as f64);
        }
        // 10000×96: 2·10⁴·96² + 20·96³.
        assert_eq!(Sweep::Samples.size(1000).dense_flops(), 202_014_720.0);
        let huge = Sweep::Width.size(usize::MAX / 2);
        assert!(huge.dense_flops().is_finite());
    }
}
