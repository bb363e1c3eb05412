//! The deep linear net.

mod loops;
mod passes;
mod samples;
mod start;
mod two_factor;

pub use loops::Loops;
pub use passes::LinearNetPoint;
pub use start::draw_start;
pub use two_factor::{TwoFactorNet, TwoLayerNet};

use std::ops::Range;
use std::sync::{Mutex, TryLockError};

use leastwise_core::norm::dot;
use leastwise_core::{Error, Mat, MatMul, MatMut, MatRef, Result, Scalar, check};
use leastwise_optim::{JacobianProducts, LeastSquaresProblem, Objective};

use passes::{Weights, Work, layer};
use samples::{Layout, Samples};

const OPERATION: &str = "LinearNet";

/// min ‖W_L···W₁·X − Y‖²_F + c over the layers Wᵢ (hᵢ × hᵢ₋₁, h₀ = n, h_L = m), for X n×s (one
/// sample a column) and Y m×s.
///
/// The parameters are vec(W_L), …, vec(W₁), column by column. The output side comes first, so two layers have
/// the layout of [`TwoFactorNet`] and [`TwoFactorProblem`](crate::TwoFactorProblem), which count from that
/// side. The residual is vec(W_L···W₁·X − Y), with ms entries. Let Hᵢ = Wᵢ···W₁·X be the activations, with
/// H₀ = X. Let Pᵢ = W_L···Wᵢ₊₁ be the products of the layers above, with P_L = I. Then the Jacobian is
///
/// J = [ H_{L−1}ᵀ ⊗ P_L , … , H₀ᵀ ⊗ P₁ ].
///
/// (Wᵢ₊₁·G, G⁻¹·Wᵢ) has the same product for every invertible G. Each hidden layer i has such a family of hᵢ²
/// dimensions. Where the tangents of these families are independent, J has a null space of at least Σhᵢ²
/// dimensions. So **with more than one layer, every linear subproblem is rank-deficient**.
///
/// One backend computes all products. J·v and Jᵀ·u are computed by passes through the layers, so J need not
/// be formed. After their first call, values, gradients and products do not allocate. Several threads may
/// call at once; then all but one of them allocate a work space.
///
/// ```
/// use leastwise_core::Mat;
/// use leastwise_faer::Faer;
/// use leastwise_optim::Objective;
/// use leastwise_two_factor::LinearNet;
/// // One sample, all sizes 1: f = (w₃·w₂·w₁·3 − 6)².
/// let (x, y) = (Mat::from_fn(1, 1, |_, _| 3.0), Mat::from_fn(1, 1, |_, _| 6.0));
/// let backend = Faer::default();
/// let net = LinearNet::new(&backend, x, y, &[1, 1])?;
/// assert_eq!(net.sizes(), [1, 1, 1, 1]);
/// let mut gradient = [0.0; 3];
/// assert_eq!(net.value_and_gradient(&[1.0, 2.0, 0.5], &mut gradient)?, 9.0);
/// assert_eq!(gradient, [-18.0, -9.0, -36.0]);
/// # Ok::<(), leastwise_core::Error>(())
/// ```
#[derive(Debug)]
pub struct LinearNet<'b, T, B: ?Sized> {
    backend: &'b B,
    x: Samples<T>,
    y: Samples<T>,
    layout: Layout,
    /// The number of samples that pass through the work space at once.
    block: usize,
    /// The sizes h₀ = n, h₁, …, h_L = m.
    sizes: Vec<usize>,
    constant: T,
    scratch: Mutex<Scratch<T>>,
}

/// The work space of one block of samples, or of all samples.
#[derive(Debug)]
struct Scratch<T> {
    work: Work<T>,
    residual: Vec<T>,
}

impl<'b, T: Scalar, B: MatMul<T> + ?Sized> LinearNet<'b, T, B> {
    /// The net with hidden layers of the sizes `hidden`, from the input side to the output side, for the
    /// samples `x` (n×s) and `y` (m×s). If `hidden` is empty, the net has one layer.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if a size is zero, or if the weights and activations do not fit into
    /// memory. [`Error::Shape`] if X and Y differ in their number of samples.
    pub fn new(backend: &'b B, x: Mat<T>, y: Mat<T>, hidden: &[usize]) -> Result<Self> {
        let block = x.cols();
        Self::with_layout(backend, x, y, hidden, Layout::Samples, block)
    }

    /// Like [`LinearNet::new`], with a layout and the number of samples that pass through the work space at
    /// once.
    fn with_layout(
        backend: &'b B,
        x: Mat<T>,
        y: Mat<T>,
        hidden: &[usize],
        layout: Layout,
        block: usize,
    ) -> Result<Self> {
        let (n, m, s) = (x.rows(), y.rows(), x.cols());
        for (argument, rows, cols) in [("x", n, s), ("y", m, y.cols())] {
            if rows == 0 || cols == 0 {
                let detail = format!("must be at least 1x1, but it is {rows}x{cols}");
                return Err(check::invalid(OPERATION, argument, detail));
            }
        }
        if y.cols() != s {
            return Err(Error::Shape {
                operation: OPERATION,
                argument: "y",
                detail: format!(
                    "must have {s} columns for an x of {s} samples, but it has {}",
                    y.cols()
                ),
            });
        }
        let sizes: Vec<usize> = [n].iter().chain(hidden).chain(&[m]).copied().collect();
        let block = block.min(s);
        if !fits_into_memory::<T>(&sizes, block) {
            let detail = format!(
                "must be sizes of at least 1 with weights and activations that fit into memory, \
                 but the sizes are {sizes:?} for {s} samples"
            );
            return Err(check::invalid(OPERATION, "hidden", detail));
        }
        let scratch = Mutex::new(Scratch::new(&sizes, block, layout));
        Ok(Self {
            backend,
            x: Samples::new(x, layout),
            y: Samples::new(y, layout),
            layout,
            block,
            sizes,
            constant: T::zero(),
            scratch,
        })
    }

    /// Adds `constant`² to the loss, such as the constant of reduced data.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless `constant` is at least zero and finite.
    pub fn with_constant_norm(self, constant: T) -> Result<Self> {
        if constant >= T::zero() && constant.is_finite() {
            return Ok(Self { constant, ..self });
        }
        let detail = format!("must be at least 0 and finite, but it is {constant}");
        Err(check::invalid(OPERATION, "constant_norm", detail))
    }

    /// The sizes h₀ = n, h₁, …, h_L = m, from the input side to the output side.
    #[must_use]
    pub fn sizes(&self) -> &[usize] {
        &self.sizes
    }

    /// The number of samples, s.
    #[must_use]
    pub fn samples(&self) -> usize {
        self.x.view().cols()
    }

    /// X, n×s.
    #[must_use]
    pub fn x(&self) -> MatRef<'_, T> {
        self.x.view()
    }

    /// Y, m×s.
    #[must_use]
    pub fn y(&self) -> MatRef<'_, T> {
        self.y.view()
    }

    /// The layers W_L, …, W₁ as views of the parameters.
    ///
    /// # Errors
    /// [`Error::Shape`] unless `parameters` has one entry per weight.
    pub fn weights<'a>(&self, parameters: &'a [T]) -> Result<Vec<MatRef<'a, T>>> {
        let needed = self.parameter_count();
        self.check_len("weights", "parameters", needed, parameters.len())?;
        let layers = (1..self.sizes.len()).rev();
        layers.map(|i| layer(&self.sizes, parameters, i)).collect()
    }

    fn split<'s, 'a>(&'s self, operation: &'static str, x: &'a [T]) -> Result<Weights<'s, 'a, T>> {
        self.check_len(operation, "x", self.parameter_count(), x.len())?;
        Ok(Weights::new(&self.sizes, x))
    }

    /// The number of outputs, m.
    fn outputs(&self) -> usize {
        self.sizes[self.sizes.len() - 1]
    }

    fn parameter_count(&self) -> usize {
        self.sizes.windows(2).map(|pair| pair[0] * pair[1]).sum()
    }

    fn residual_count(&self) -> usize {
        self.outputs() * self.samples()
    }

    fn check_len(
        &self,
        operation: &'static str,
        argument: &'static str,
        needed: usize,
        found: usize,
    ) -> Result<()> {
        if needed == found {
            return Ok(());
        }
        Err(Error::Shape {
            operation,
            argument,
            detail: format!(
                "must have {needed} entries for layers between the sizes {:?} and {} samples, but \
                 it has {found}",
                self.sizes,
                self.samples()
            ),
        })
    }

    fn with_scratch<R>(&self, job: impl FnOnce(&mut Scratch<T>) -> R) -> R {
        match self.scratch.try_lock() {
            Ok(mut scratch) => job(&mut scratch),
            // A panicking thread may leave any values there. They are overwritten.
            Err(TryLockError::Poisoned(error)) => job(&mut error.into_inner()),
            Err(TryLockError::WouldBlock) => {
                job(&mut Scratch::new(&self.sizes, self.block, self.layout))
            }
        }
    }

    fn blocks(&self) -> impl Iterator<Item = Range<usize>> + use<T, B> {
        let (samples, block) = (self.samples(), self.block);
        (0..samples)
            .step_by(block)
            .map(move |start| start..samples.min(start + block))
    }

    /// R = W_L···W₁·X − Y for the samples of `block`, in the layout of this net.
    fn forward(
        &self,
        weights: Weights<'_, '_, T>,
        block: &Range<usize>,
        work: &mut Work<T>,
        r: &mut [T],
    ) -> Result<()> {
        work.forward(self.backend, weights, self.x.block(block)?, r)?;
        self.y.subtract_from(r, block);
        Ok(())
    }

    /// Like [`LinearNet::forward`], but sample by sample in every layout. `r` has only the samples of
    /// `block`.
    fn write_residual(
        &self,
        weights: Weights<'_, '_, T>,
        block: &Range<usize>,
        work: &mut Work<T>,
        residual: &mut [T],
        r: &mut [T],
    ) -> Result<()> {
        if self.layout == Layout::Samples {
            return self.forward(weights, block, work, r);
        }
        let (m, samples) = (self.outputs(), block.len());
        let residual = &mut residual[..m * samples];
        self.forward(weights, block, work, residual)?;
        for (i, row) in residual.chunks_exact(samples).enumerate() {
            for (target, &value) in r[i..].iter_mut().step_by(m).zip(row) {
                *target = value;
            }
        }
        Ok(())
    }

    /// The contents of `point`, if it was linearised by a net of these sizes.
    fn at<'a>(
        &'a self,
        operation: &'static str,
        point: &'a mut LinearNetPoint<T>,
    ) -> Result<(Weights<'a, 'a, T>, &'a mut Work<T>)> {
        let LinearNetPoint { weights, work, .. } = point;
        if weights.len() == self.parameter_count()
            && work.fits(&self.sizes, self.samples(), self.layout)
        {
            return Ok((Weights::new(&self.sizes, weights), work));
        }
        Err(Error::InvalidArgument {
            operation,
            argument: "point",
            detail: format!(
                "must be linearised for layers between the sizes {:?} and {} samples",
                self.sizes,
                self.samples()
            ),
        })
    }
}

impl<T: Scalar> Scratch<T> {
    fn new(sizes: &[usize], block: usize, layout: Layout) -> Self {
        let mut work = Work::default();
        work.reshape(sizes, block, layout);
        Self {
            work,
            residual: vec![T::zero(); sizes[sizes.len() - 1] * block],
        }
    }
}

impl<T: Scalar, B: MatMul<T> + ?Sized> Objective<T> for LinearNet<'_, T, B> {
    fn dimension(&self) -> usize {
        self.parameter_count()
    }

    fn value_and_gradient(&self, x: &[T], gradient: &mut [T]) -> Result<T> {
        let weights = self.split("value_and_gradient", x)?;
        let len = gradient.len();
        self.check_len("value_and_gradient", "gradient", x.len(), len)?;
        let m = self.outputs();
        self.with_scratch(|Scratch { work, residual }| {
            let mut squares = T::zero();
            for block in self.blocks() {
                let residual = &mut residual[..m * block.len()];
                self.forward(weights, &block, work, residual)?;
                // A slice of the dimension that is contiguous in X and Y.
                let line = match self.layout {
                    Layout::Samples => residual.len(),
                    Layout::Features => block.len(),
                };
                let lines = residual.chunks_exact(line);
                squares += lines.map(|line| dot(line, line)).sum::<T>();
                let r = self.layout.view(residual, m, block.len())?;
                let beta = if block.start == 0 {
                    T::zero()
                } else {
                    T::one()
                };
                let x = self.x.block(&block)?;
                work.transposed_product(self.backend, weights, x, r, beta, gradient)?;
            }
            for g in gradient {
                *g *= T::of(2.0);
            }
            Ok(squares + self.constant * self.constant)
        })
    }
}

impl<T: Scalar, B: MatMul<T> + ?Sized> LeastSquaresProblem<T> for LinearNet<'_, T, B> {
    fn residuals(&self) -> usize {
        self.residual_count()
    }

    fn parameters(&self) -> usize {
        self.parameter_count()
    }

    fn constant_norm(&self) -> T {
        self.constant
    }

    fn residual(&self, x: &[T], r: &mut [T]) -> Result<()> {
        let weights = self.split("residual", x)?;
        self.check_len("residual", "r", self.residual_count(), r.len())?;
        let m = self.outputs();
        self.with_scratch(|Scratch { work, residual }| {
            for block in self.blocks() {
                let r = &mut r[m * block.start..m * block.end];
                self.write_residual(weights, &block, work, residual, r)?;
            }
            Ok(())
        })
    }

    fn jacobian(&self, x: &[T], mut j: MatMut<'_, T>) -> Result<()> {
        let weights = self.split("jacobian", x)?;
        let (rows, cols) = (self.residual_count(), self.parameter_count());
        if (j.rows(), j.cols()) != (rows, cols) {
            return Err(Error::Shape {
                operation: "jacobian",
                argument: "j",
                detail: format!("must be {rows}x{cols}, but it is {}x{}", j.rows(), j.cols()),
            });
        }
        if !j.columns_are_contiguous() {
            let mut copy = Mat::zeros(rows, cols);
            self.jacobian(x, copy.as_mut())?;
            return j.copy_from(copy.as_ref());
        }
        // All samples at once, because J has many more entries than the activations.
        self.with_scratch(|Scratch { work, .. }| {
            work.reshape(&self.sizes, self.samples(), self.layout);
            work.activate(self.backend, weights, self.x.view())?;
            work.jacobian(self.backend, weights, self.x.view(), j)
        })
    }
}

impl<T: Scalar, B: MatMul<T> + ?Sized> JacobianProducts<T> for LinearNet<'_, T, B> {
    type Point = LinearNetPoint<T>;

    fn linearize(&self, x: &[T], r: &mut [T], point: &mut LinearNetPoint<T>) -> Result<()> {
        let weights = self.split("linearize", x)?;
        self.check_len("linearize", "r", self.residual_count(), r.len())?;
        point.weights.clear();
        point.weights.extend_from_slice(x);
        let all = 0..self.samples();
        point.work.reshape(&self.sizes, self.samples(), self.layout);
        let residual = &mut point.residual;
        if self.layout == Layout::Features {
            residual.resize(self.residual_count(), T::zero());
        }
        self.write_residual(weights, &all, &mut point.work, residual, r)
    }

    fn jacobian_times(&self, point: &mut LinearNetPoint<T>, v: &[T], jv: &mut [T]) -> Result<()> {
        const OPERATION: &str = "jacobian_times";
        let direction = self.split(OPERATION, v)?;
        self.check_len(OPERATION, "jv", self.residual_count(), jv.len())?;
        let (weights, work) = self.at(OPERATION, point)?;
        work.product(self.backend, weights, self.x.view(), direction, jv)
    }

    fn transposed_jacobian_times(
        &self,
        point: &mut LinearNetPoint<T>,
        u: &[T],
        jtu: &mut [T],
    ) -> Result<()> {
        const OPERATION: &str = "transposed_jacobian_times";
        self.check_len(OPERATION, "u", self.residual_count(), u.len())?;
        self.check_len(OPERATION, "jtu", self.parameter_count(), jtu.len())?;
        let (weights, work) = self.at(OPERATION, point)?;
        let u = MatRef::from_col_major(u, self.outputs(), self.samples())?;
        work.transposed_product(self.backend, weights, self.x.view(), u, T::zero(), jtu)
    }
}

/// Whether no size is zero, and the weights, the residual and the work space can be allocated.
fn fits_into_memory<T>(sizes: &[usize], samples: usize) -> bool {
    let m = sizes[sizes.len() - 1];
    let weights = sizes.windows(2).map(|pair| pair[0].checked_mul(pair[1]));
    let residual = m.checked_mul(samples);
    // A hidden layer has an activation and a product of layers, and the passes need two more of each.
    let hidden = &sizes[1..sizes.len() - 1];
    let work = hidden.iter().map(|&size| {
        samples
            .max(m)
            .checked_mul(size)
            .and_then(|count| count.checked_mul(3))
    });
    let total = weights
        .chain([residual])
        .chain(work)
        .try_fold(0usize, |sum, count| sum.checked_add(count?));
    !sizes.contains(&0)
        && total.is_some_and(|count| Vec::<T>::new().try_reserve_exact(count).is_ok())
}
