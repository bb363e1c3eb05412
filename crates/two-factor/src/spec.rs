//! The data of the published experiment, and its starting point.

use leastwise_core::norm::combine;
use leastwise_core::{Mat, Result, Scalar, check};
use leastwise_optim::LeastSquaresProblem;

use crate::TwoLayerNet;
use leastwise_random::{normal, orthonormal, stream, uniform};

const OPERATION: &str = "TwoLayerNetSpec";

/// The singular values of A.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Spectrum {
    /// A = diag(linspace(1, 1e-5, m))·R with R uniform on [0, 1), as published. Only the last row
    /// is much smaller than the others, so κ₂(A) is about 20, not 1e5.
    RowScaled,
    /// A = U·diag(σ)·Vᵀ with random orthonormal U and V and min(m, n) singular values spaced
    /// evenly on a logarithmic scale from 1 to 1/`condition`.
    Prescribed {
        /// κ₂(A).
        condition: f64,
    },
}

/// The parameters from which a [`TwoLayerNet`] with Y = A·X and its starting point are drawn. The default is
/// the published experiment.
///
/// X and the starting weights are standard normal, and the weights are multiplied by `start_scale`.
/// Everything is drawn in f64 and rounded to `T` once, Y after the product, so that f32 and f64 have the same
/// problem. The generator is ChaCha12 with the seed as its key. A, X, W₁ and W₂ each have their own stream,
/// so a change of the spectrum or of the starting scale does not change X.
///
/// ```
/// use leastwise_two_factor::TwoLayerNetSpec;
/// let drawn = TwoLayerNetSpec { nsamples: 50, ..TwoLayerNetSpec::default() }.draw::<f64>()?;
/// assert_eq!((drawn.a.rows(), drawn.a.cols()), (10, 6));
/// assert_eq!(drawn.start.len(), 96);
/// # Ok::<(), leastwise_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TwoLayerNetSpec {
    /// The number of inputs, n. The default is 6.
    pub xdim: usize,
    /// The number of hidden units, k. The default is 6.
    pub wdim: usize,
    /// The number of outputs, m. The default is 10.
    pub ydim: usize,
    /// The number of samples, s. The default is 1000.
    pub nsamples: usize,
    /// The seed of every draw. The default is 0.
    pub seed: u64,
    /// The standard deviation of the starting weights. The default is 1.
    pub start_scale: f64,
    /// The singular values of A. The default is [`Spectrum::RowScaled`].
    pub spectrum: Spectrum,
}

impl Default for TwoLayerNetSpec {
    fn default() -> Self {
        Self {
            xdim: 6,
            wdim: 6,
            ydim: 10,
            nsamples: 1000,
            seed: 0,
            start_scale: 1.0,
            spectrum: Spectrum::RowScaled,
        }
    }
}

/// A drawn problem.
#[derive(Debug)]
pub struct TwoLayerNetInstance<T> {
    /// A, m×n.
    pub a: Mat<T>,
    /// The problem.
    pub net: TwoLayerNet<T>,
    /// The starting point, vec(W₁) and then vec(W₂).
    pub start: Vec<T>,
}

impl<T: Scalar> TwoLayerNetInstance<T> {
    /// J (ms×(mk + kn)) and r (ms×1) at the start. J has a null space of k² dimensions, by construction.
    ///
    /// ```
    /// use leastwise_two_factor::TwoLayerNetSpec;
    /// let drawn = TwoLayerNetSpec { nsamples: 50, ..TwoLayerNetSpec::default() }.draw::<f64>()?;
    /// let (j, r) = drawn.linearized()?;
    /// assert_eq!((j.rows(), j.cols(), r.rows()), (500, 96, 500));
    /// # Ok::<(), leastwise_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// The errors of the net, which has none at its own start.
    pub fn linearized(&self) -> Result<(Mat<T>, Mat<T>)> {
        let (m, n) = (self.net.residuals(), self.net.parameters());
        let (mut j, mut r) = (Mat::zeros(m, n), Mat::zeros(m, 1));
        self.net.jacobian(&self.start, j.as_mut())?;
        self.net.residual(&self.start, r.data_mut())?;
        Ok((j, r))
    }
}

impl TwoLayerNetSpec {
    /// Draws A, X, Y = A·X and the starting weights.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](leastwise_core::Error::InvalidArgument) if a size is zero or too large for
    /// the address space, or if `start_scale` is negative or not finite. Also if a prescribed condition is
    /// below 1 or not finite, or if it is not 1 for an A of one row or column.
    pub fn draw<T: Scalar>(&self) -> Result<TwoLayerNetInstance<T>> {
        self.check()?;
        let (n, k, m, s) = (self.xdim, self.wdim, self.ydim, self.nsamples);
        let a = self.draw_a();
        let x = normal(&mut stream(self.seed, 1), n, s);
        let mut y = Mat::zeros(m, s);
        for sample in 0..s {
            let terms = x.col(sample).iter().enumerate();
            combine(y.col_mut(sample), terms.map(|(q, &xq)| (xq, a.col(q))));
        }
        let w1 = normal(&mut stream(self.seed, 2), m, k);
        let w2 = normal(&mut stream(self.seed, 3), k, n);
        let weights = w1.data().iter().chain(w2.data());
        Ok(TwoLayerNetInstance {
            a: rounded(&a),
            net: TwoLayerNet::new(&rounded(&x), &rounded(&y), k)?,
            start: weights.map(|w| T::of(self.start_scale * w)).collect(),
        })
    }

    fn check(&self) -> Result<()> {
        let sizes = [
            ("xdim", self.xdim),
            ("wdim", self.wdim),
            ("ydim", self.ydim),
            ("nsamples", self.nsamples),
        ];
        for (argument, size) in sizes {
            if size == 0 {
                let detail = "must be at least 1, but it is 0".to_owned();
                return Err(check::invalid(OPERATION, argument, detail));
            }
        }
        for (argument, rows, cols) in [
            ("nsamples", self.xdim, self.nsamples),
            ("nsamples", self.ydim, self.nsamples),
            ("wdim", self.ydim, self.wdim),
            ("wdim", self.wdim, self.xdim),
            ("xdim", self.ydim, self.xdim),
        ] {
            if !fits_into_memory(rows, cols) {
                let detail =
                    format!("must be so small that a {rows}x{cols} matrix fits into memory");
                return Err(check::invalid(OPERATION, argument, detail));
            }
        }
        if !(self.start_scale >= 0.0 && self.start_scale.is_finite()) {
            let detail = format!(
                "must be at least 0 and finite, but it is {}",
                self.start_scale
            );
            return Err(check::invalid(OPERATION, "start_scale", detail));
        }
        let Spectrum::Prescribed { condition } = self.spectrum else {
            return Ok(());
        };
        if !(condition >= 1.0 && condition.is_finite()) {
            let detail = format!("must be at least 1 and finite, but it is {condition}");
            return Err(check::invalid(OPERATION, "condition", detail));
        }
        if self.xdim.min(self.ydim) == 1 && condition > 1.0 {
            let detail = format!(
                "must be 1 for a {}x{} matrix, which has one singular value, but it is {condition}",
                self.ydim, self.xdim
            );
            return Err(check::invalid(OPERATION, "condition", detail));
        }
        Ok(())
    }

    fn draw_a(&self) -> Mat<f64> {
        let (m, n) = (self.ydim, self.xdim);
        let mut rng = stream(self.seed, 0);
        match self.spectrum {
            Spectrum::RowScaled => {
                let r = uniform(&mut rng, m, n);
                Mat::from_fn(m, n, |i, j| linspace(1.0, 1e-5, m, i) * r[(i, j)])
            }
            Spectrum::Prescribed { condition } => {
                let count = m.min(n);
                let u = orthonormal(&mut rng, m, count);
                let v = orthonormal(&mut rng, n, count);
                let mut a = Mat::zeros(m, n);
                for j in 0..n {
                    let terms = (0..count).map(|l| {
                        let exponent = linspace(0.0, -condition.log10(), count, l);
                        (10f64.powf(exponent) * v[(j, l)], u.col(l))
                    });
                    combine(a.col_mut(j), terms);
                }
                a
            }
        }
    }
}

/// The number at index i of `count` evenly spaced numbers.
fn linspace(first: f64, last: f64, count: usize, i: usize) -> f64 {
    if i == 0 {
        return first;
    }
    first + (last - first) * (i as f64 / (count - 1) as f64)
}

fn rounded<T: Scalar>(a: &Mat<f64>) -> Mat<T> {
    Mat::from_fn(a.rows(), a.cols(), |i, j| T::of(a[(i, j)]))
}

/// Whether rows × cols numbers of 8 bytes can be allocated.
fn fits_into_memory(rows: usize, cols: usize) -> bool {
    rows.checked_mul(cols)
        .is_some_and(|count| Vec::<f64>::new().try_reserve_exact(count).is_ok())
}
