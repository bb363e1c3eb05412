//! A drawn problem and its known solution.

use leastwise_core::{Backend, Mat, Result, Svd};
use leastwise_testset::standard_normal;
use leastwise_two_factor::{TwoFactorProblem, reduce};
use leastwise_two_factor::{TwoLayerNet, TwoLayerNetSpec};

use super::question::Case;

/// The random stream of the noise.
const NOISE: u32 = 0;

pub(super) struct Problem {
    pub(super) net: TwoLayerNet<f64>,
    pub(super) start: Vec<f64>,
    /// The smallest loss of `net` that rank k can reach.
    pub(super) optimum: f64,
    /// ‖Y‖²
    pub(super) scale: f64,
    /// ν = ‖X‖²_F/n
    pub(super) input_power: f64,
    a: Mat<f64>,
    a_svd: Svd<f64>,
}

impl Problem {
    /// # Errors
    /// Sizes that cannot be drawn, and errors of the backend.
    pub(super) fn draw(case: &Case, seed: u64, backend: &dyn Backend<f64>) -> Result<Self> {
        let spec = TwoLayerNetSpec { seed, ..case.spec };
        let drawn = spec.draw::<f64>()?;
        let x = drawn.net.x().to_mat();
        let mut y = drawn.net.y().to_mat();
        if case.noise > 0.0 {
            let noise = standard_normal::<f64>(y.rows(), y.cols(), seed, NOISE);
            for (yi, ni) in y.data_mut().iter_mut().zip(noise.data()) {
                *yi += case.noise * ni;
            }
        }
        let net = net(&x, &y, spec.wdim, backend)?;
        // The best product of rank k in the metric of X takes the largest singular values of the
        // reduced Y = A_ls·Rᵀ, with X of full rank (C. Eckart, G. Young, 1936).
        let reachable = backend.svd(net.y())?.s;
        let beyond = reachable.iter().skip(spec.wdim).map(|s| s * s);
        Ok(Self {
            optimum: TwoFactorProblem::constant_norm(&net).powi(2) + beyond.sum::<f64>(),
            scale: y.frobenius_norm().powi(2),
            input_power: x.frobenius_norm().powi(2) / x.rows() as f64,
            net,
            start: drawn.start,
            a_svd: backend.svd(drawn.a.as_ref())?,
            a: drawn.a,
        })
    }

    /// The loss above its optimum, relative to ‖Y‖².
    pub(super) fn excess(&self, loss: f64) -> f64 {
        (loss - self.optimum) / self.scale
    }

    /// |uᵢᵀ·(A − W₁·W₂)·vᵢ|/σᵢ for each singular triplet of A: the share of the triplet that is still
    /// missing.
    pub(super) fn missing(&self, parameters: &[f64]) -> Result<Vec<f64>> {
        let (w1, w2) = self.net.weights(parameters)?;
        let (m, n) = (self.a.rows(), self.a.cols());
        let error = Mat::from_fn(m, n, |i, j| {
            let product: f64 = (0..w1.cols()).map(|p| w1[(i, p)] * w2[(p, j)]).sum();
            self.a[(i, j)] - product
        });
        let Svd { u, s, v } = &self.a_svd;
        let triplets = s.iter().enumerate();
        Ok(triplets
            .map(|(l, sigma)| {
                let entries = (0..n).flat_map(|j| (0..m).map(move |i| (i, j)));
                let projected: f64 = entries
                    .map(|(i, j)| u[(i, l)] * error[(i, j)] * v[(j, l)])
                    .sum();
                projected.abs() / sigma
            })
            .collect())
    }
}

/// The net for the samples, reduced to as many samples as inputs. The constant of its loss is left out, because
/// otherwise the excess over the optimum would cancel against it.
fn net(
    x: &Mat<f64>,
    y: &Mat<f64>,
    hidden: usize,
    backend: &dyn Backend<f64>,
) -> Result<TwoLayerNet<f64>> {
    let reduced = reduce(backend, x.as_ref(), y.as_ref())?;
    TwoLayerNet::new(&reduced.x, &reduced.y, hidden)
}
