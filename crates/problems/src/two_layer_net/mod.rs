//! The two-layer linear net.

mod spec;

pub use spec::{Spectrum, TwoLayerNetInstance, TwoLayerNetSpec};

use std::ops::Range;
use std::sync::{Mutex, TryLockError};

use leastwise_core::norm::dot;
use leastwise_core::{Error, Factorizations, Mat, MatMut, MatRef, Result, Scalar};
use leastwise_optim::{LeastSquaresProblem, Objective, Reduced, TwoFactorProblem, reduce};

use crate::vector::combine;

/// min ‖W₁·W₂·X − Y‖²_F + c over W₁ m×k and W₂ k×n, for X n×s (one sample a column) and Y m×s; c is
/// zero unless [`TwoLayerNet::reduced`] or [`TwoLayerNet::with_constant_norm`] say otherwise.
///
/// The parameters are vec(W₁) followed by vec(W₂), column after column: mk + kn of them. The
/// residual is vec(W₁·(W₂·X) − Y), ms entries, and its Jacobian
///
/// J = [ (W₂X)ᵀ ⊗ I_m , Xᵀ ⊗ W₁ ].
///
/// (W₁·G, G⁻¹·W₂) has the same product for every invertible G, so J has a null space of at least k²
/// dimensions, spanned by (W₁·G, −G·W₂): **every linear subproblem is rank-deficient**.
///
/// As an [`Objective`] the value and gradient, 2·R·(W₂X)ᵀ and 2·W₁ᵀ·R·Xᵀ with R = W₁W₂X − Y, come
/// without J and without an allocation: the samples pass through a small work space block by block.
/// Calls from several threads at once are safe; all but one of them allocate a work space.
///
/// ```
/// use leastwise_core::Mat;
/// use leastwise_optim::Objective;
/// use leastwise_problems::TwoLayerNet;
/// // One sample, all sizes 1: f = (w₁·w₂·3 − 6)².
/// let (x, y) = (Mat::from_fn(1, 1, |_, _| 3.0), Mat::from_fn(1, 1, |_, _| 6.0));
/// let net = TwoLayerNet::new(&x, &y, 1)?;
/// assert_eq!(net.dimension(), 2);
/// let mut gradient = [0.0; 2];
/// assert_eq!(net.value_and_gradient(&[1.0, 1.0], &mut gradient)?, 9.0);
/// assert_eq!(gradient, [-18.0, -18.0]);
/// # Ok::<(), leastwise_core::Error>(())
/// ```
#[derive(Debug)]
pub struct TwoLayerNet<T> {
    /// Xᵀ, s×n, and Yᵀ, s×m: a feature of all samples is contiguous, so that loops over samples
    /// can be vectorised however small the net.
    xt: Mat<T>,
    yt: Mat<T>,
    hidden: usize,
    constant_norm: T,
    scratch: Mutex<Scratch<T>>,
}

/// Samples that pass through the work space at once: few enough to stay in the first-level cache,
/// enough to amortise a loop.
const BLOCK: usize = 128;

/// The work space: what a block of samples leads to, a feature after another.
#[derive(Debug)]
struct Scratch<T> {
    /// W₂·X, k features.
    hidden: Vec<T>,
    /// W₁·W₂·X − Y, m features.
    residual: Vec<T>,
    /// W₁ᵀ·R, k features.
    back: Vec<T>,
    /// One feature of W₂·X for all samples.
    feature: Vec<T>,
}

impl<T: Scalar> Scratch<T> {
    fn new(outputs: usize, hidden: usize, samples: usize) -> Self {
        Self {
            hidden: vec![T::zero(); hidden * BLOCK],
            residual: vec![T::zero(); outputs * BLOCK],
            back: vec![T::zero(); hidden * BLOCK],
            feature: vec![T::zero(); samples],
        }
    }
}

/// W₁ and W₂ as views of the parameters.
struct Weights<'a, T> {
    w1: MatRef<'a, T>,
    w2: MatRef<'a, T>,
}

impl<T: Scalar> TwoLayerNet<T> {
    /// The net with `hidden` = k hidden units for the samples `x` (n×s) and `y` (m×s).
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if a size is zero or mk + kn exceeds the address space,
    /// [`Error::Shape`] if X and Y differ in their number of samples.
    pub fn new(x: &Mat<T>, y: &Mat<T>, hidden: usize) -> Result<Self> {
        const OPERATION: &str = "TwoLayerNet";
        let (n, m, s) = (x.rows(), y.rows(), x.cols());
        for (argument, rows, cols) in [("x", n, s), ("y", m, y.cols()), ("hidden", hidden, 1)] {
            if rows == 0 || cols == 0 {
                let detail = format!("must be at least 1x1, but it is {rows}x{cols}");
                return Err(invalid(OPERATION, argument, detail));
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
        let parameters = n.checked_add(m).and_then(|sum| sum.checked_mul(hidden));
        let work = n.max(m).max(BLOCK).checked_mul(hidden);
        if parameters.is_none() || work.and_then(|w| w.checked_mul(BLOCK)).is_none() {
            let detail = format!("must leave W1 {m}x{hidden} and W2 {hidden}x{n} in memory");
            return Err(invalid(OPERATION, "hidden", detail));
        }
        Ok(Self {
            xt: x.transposed(),
            yt: y.transposed(),
            hidden,
            constant_norm: T::zero(),
            scratch: Mutex::new(Scratch::new(m, hidden, s)),
        })
    }

    /// The net with `hidden` = k hidden units for data that were reduced to n samples or fewer.
    ///
    /// # Errors
    /// As [`TwoLayerNet::new`] and [`TwoLayerNet::with_constant_norm`].
    pub fn from_reduced(data: &Reduced<T>, hidden: usize) -> Result<Self> {
        Self::new(&data.x, &data.y, hidden)?.with_constant_norm(data.constant_norm)
    }

    /// The same net with `constant_norm` = c.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless c is at least zero and finite.
    pub fn with_constant_norm(self, constant_norm: T) -> Result<Self> {
        if constant_norm >= T::zero() && constant_norm.is_finite() {
            return Ok(Self {
                constant_norm,
                ..self
            });
        }
        let detail = format!("must be at least 0 and finite, but it is {constant_norm}");
        Err(invalid("TwoLayerNet", "constant_norm", detail))
    }

    /// The net with the same loss, gradient and Gauss-Newton steps at every W₁ and W₂ on min(n, s)
    /// samples: see [`Reduction`](leastwise_optim::Reduction) for how, and how accurately.
    ///
    /// A step then costs the same however many samples there were.
    ///
    /// ```
    /// use leastwise_optim::Objective;
    /// use leastwise_problems::TwoLayerNetSpec;
    /// let drawn = TwoLayerNetSpec::default().draw::<f64>()?;
    /// let reduced = drawn.net.reduced(&leastwise_faer::Faer::default())?;
    /// assert_eq!((drawn.net.samples(), reduced.samples()), (1000, 6));
    /// let mut gradient = vec![0.0; reduced.dimension()];
    /// let loss = drawn.net.value_and_gradient(&drawn.start, &mut gradient)?;
    /// let same = reduced.value_and_gradient(&drawn.start, &mut gradient)?;
    /// assert!((same / loss - 1.0).abs() < 1e-12);
    /// # Ok::<(), leastwise_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::NonFinite`] if X or Y is not finite, [`Error::Overflow`] if c exceeds the range of
    /// `T`, and what the backend reports.
    pub fn reduced<B: Factorizations<T> + ?Sized>(&self, backend: &B) -> Result<Self> {
        let data = reduce(backend, self.x(), self.y())?;
        let constant_norm = self.constant_norm.hypot(data.constant_norm);
        Self::from_reduced(&data, self.hidden)?.with_constant_norm(constant_norm)
    }

    /// n, the number of inputs.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.xt.cols()
    }

    /// k, the number of hidden units.
    #[must_use]
    pub fn hidden(&self) -> usize {
        self.hidden
    }

    /// m, the number of outputs.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.yt.cols()
    }

    /// s, the number of samples.
    #[must_use]
    pub fn samples(&self) -> usize {
        self.xt.rows()
    }

    /// X, n×s; its rows are contiguous.
    #[must_use]
    pub fn x(&self) -> MatRef<'_, T> {
        self.xt.as_ref().transpose()
    }

    /// Y, m×s; its rows are contiguous.
    #[must_use]
    pub fn y(&self) -> MatRef<'_, T> {
        self.yt.as_ref().transpose()
    }

    /// W₁ and W₂ as views of the parameters.
    ///
    /// # Errors
    /// [`Error::Shape`] unless `parameters` has mk + kn entries.
    pub fn weights<'a>(&self, parameters: &'a [T]) -> Result<(MatRef<'a, T>, MatRef<'a, T>)> {
        let Weights { w1, w2 } = self.split("weights", parameters)?;
        Ok((w1, w2))
    }

    fn parameter_count(&self) -> usize {
        self.hidden * (self.outputs() + self.inputs())
    }

    fn residual_count(&self) -> usize {
        self.outputs() * self.samples()
    }

    fn split<'a>(&self, operation: &'static str, x: &'a [T]) -> Result<Weights<'a, T>> {
        self.check_len(operation, "x", self.parameter_count(), x.len())?;
        let (m, k, n) = (self.outputs(), self.hidden, self.inputs());
        let (w1, w2) = x.split_at(m * k);
        Ok(Weights {
            w1: MatRef::from_col_major(w1, m, k)?,
            w2: MatRef::from_col_major(w2, k, n)?,
        })
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
                "must have {needed} entries for m = {}, k = {}, n = {}, s = {}, but it has {found}",
                self.outputs(),
                self.hidden,
                self.inputs(),
                self.samples()
            ),
        })
    }

    fn with_scratch<R>(&self, work: impl FnOnce(&mut Scratch<T>) -> R) -> R {
        match self.scratch.try_lock() {
            Ok(mut scratch) => work(&mut scratch),
            // Whatever a panicking thread has left there is overwritten.
            Err(TryLockError::Poisoned(error)) => work(&mut error.into_inner()),
            Err(TryLockError::WouldBlock) => {
                let (m, k, s) = (self.outputs(), self.hidden, self.samples());
                work(&mut Scratch::new(m, k, s))
            }
        }
    }

    fn blocks(&self) -> impl Iterator<Item = Range<usize>> + use<T> {
        let samples = self.samples();
        (0..samples)
            .step_by(BLOCK)
            .map(move |start| start..(start + BLOCK).min(samples))
    }

    /// W₂·X and W₁·(W₂·X) − Y for a block of samples.
    fn forward(&self, weights: &Weights<'_, T>, block: &Range<usize>, scratch: &mut Scratch<T>) {
        let len = block.len();
        let Scratch {
            hidden, residual, ..
        } = scratch;
        for (p, target) in hidden.chunks_exact_mut(BLOCK).enumerate() {
            let terms = (0..self.inputs()).map(|q| (weights.w2[(p, q)], self.input(q, block)));
            combine(&mut target[..len], terms);
        }
        for (i, target) in residual.chunks_exact_mut(BLOCK).enumerate() {
            let hidden = hidden.chunks_exact(BLOCK).enumerate();
            let terms = hidden.map(|(p, h)| (weights.w1[(i, p)], &h[..len]));
            combine(&mut target[..len], terms);
            for (r, &y) in target.iter_mut().zip(&self.yt.col(i)[block.clone()]) {
                *r -= y;
            }
        }
    }

    fn input(&self, feature: usize, block: &Range<usize>) -> &[T] {
        &self.xt.col(feature)[block.clone()]
    }

    /// Adds the block's share of R·(W₂X)ᵀ and W₁ᵀ·R·Xᵀ, and returns its share of ‖R‖².
    fn backward(
        &self,
        weights: &Weights<'_, T>,
        block: &Range<usize>,
        scratch: &mut Scratch<T>,
        gradient: &mut [T],
    ) -> T {
        let len = block.len();
        let (m, k) = (self.outputs(), self.hidden);
        let (g1, g2) = gradient.split_at_mut(m * k);
        let Scratch {
            hidden,
            residual,
            back,
            ..
        } = scratch;
        let row = |i: usize| &residual[i * BLOCK..][..len];
        for (h, column) in hidden.chunks_exact(BLOCK).zip(g1.chunks_exact_mut(m)) {
            for (i, g) in column.iter_mut().enumerate() {
                *g += dot(row(i), &h[..len]);
            }
        }
        for (p, target) in back.chunks_exact_mut(BLOCK).enumerate() {
            let terms = (0..m).map(|i| (weights.w1[(i, p)], row(i)));
            combine(&mut target[..len], terms);
        }
        for (q, column) in g2.chunks_exact_mut(k).enumerate() {
            for (b, g) in back.chunks_exact(BLOCK).zip(column) {
                *g += dot(&b[..len], self.input(q, block));
            }
        }
        (0..m).map(|i| dot(row(i), row(i))).sum()
    }

    /// The columns of (W₂X)ᵀ ⊗ I_m: mp + i holds feature p of W₂X in the rows of output i.
    fn fill_left(&self, weights: &Weights<'_, T>, columns: &mut Columns<'_, T>, h: &mut [T]) {
        let m = self.outputs();
        for p in 0..self.hidden {
            let whole = 0..self.samples();
            let terms = (0..self.inputs()).map(|q| (weights.w2[(p, q)], self.input(q, &whole)));
            combine(h, terms);
            for i in 0..m {
                columns.write(m * p + i, |column| {
                    column.fill(T::zero());
                    for (row, &hc) in column[i..].iter_mut().step_by(m).zip(&*h) {
                        *row = hc;
                    }
                });
            }
        }
    }

    /// The columns of Xᵀ ⊗ W₁: kq + p holds feature q of X times column p of W₁.
    fn fill_right(&self, weights: &Weights<'_, T>, columns: &mut Columns<'_, T>) {
        let (m, k) = (self.outputs(), self.hidden);
        for q in 0..self.inputs() {
            for p in 0..k {
                let w = weights.w1.try_col(p).unwrap_or_default();
                columns.write(m * k + k * q + p, |column| {
                    for (rows, &x) in column.chunks_exact_mut(m).zip(self.xt.col(q)) {
                        for (row, &wi) in rows.iter_mut().zip(w) {
                            *row = wi * x;
                        }
                    }
                });
            }
        }
    }
}

impl<T: Scalar> Objective<T> for TwoLayerNet<T> {
    fn dimension(&self) -> usize {
        self.parameter_count()
    }

    fn value_and_gradient(&self, x: &[T], gradient: &mut [T]) -> Result<T> {
        let weights = self.split("value_and_gradient", x)?;
        let len = gradient.len();
        self.check_len("value_and_gradient", "gradient", x.len(), len)?;
        gradient.fill(T::zero());
        let value = self.with_scratch(|scratch| {
            let mut value = T::zero();
            for block in self.blocks() {
                self.forward(&weights, &block, scratch);
                value += self.backward(&weights, &block, scratch, gradient);
            }
            value
        });
        for g in gradient {
            *g *= T::of(2.0);
        }
        Ok(value + self.constant_norm * self.constant_norm)
    }
}

impl<T: Scalar> LeastSquaresProblem<T> for TwoLayerNet<T> {
    fn residuals(&self) -> usize {
        self.residual_count()
    }

    fn parameters(&self) -> usize {
        self.parameter_count()
    }

    fn constant_norm(&self) -> T {
        self.constant_norm
    }

    fn residual(&self, x: &[T], r: &mut [T]) -> Result<()> {
        let weights = self.split("residual", x)?;
        self.check_len("residual", "r", self.residual_count(), r.len())?;
        let m = self.outputs();
        self.with_scratch(|scratch| {
            for block in self.blocks() {
                self.forward(&weights, &block, scratch);
                let samples = &mut r[block.start * m..block.end * m];
                for (i, source) in scratch.residual.chunks_exact(BLOCK).enumerate() {
                    for (target, &value) in samples[i..].iter_mut().step_by(m).zip(source) {
                        *target = value;
                    }
                }
            }
        });
        Ok(())
    }

    fn jacobian(&self, x: &[T], j: MatMut<'_, T>) -> Result<()> {
        let weights = self.split("jacobian", x)?;
        let needed = (self.residual_count(), self.parameter_count());
        if (j.rows(), j.cols()) != needed {
            return Err(Error::Shape {
                operation: "jacobian",
                argument: "j",
                detail: format!(
                    "must be {}x{}, but it is {}x{}",
                    needed.0,
                    needed.1,
                    j.rows(),
                    j.cols()
                ),
            });
        }
        let mut columns = Columns {
            matrix: j,
            copy: Vec::new(),
        };
        self.with_scratch(|scratch| self.fill_left(&weights, &mut columns, &mut scratch.feature));
        self.fill_right(&weights, &mut columns);
        Ok(())
    }
}

impl<T: Scalar> TwoFactorProblem<T> for TwoLayerNet<T> {
    fn outputs(&self) -> usize {
        self.yt.cols()
    }

    fn hidden(&self) -> usize {
        self.hidden
    }

    fn inputs(&self) -> usize {
        self.xt.cols()
    }

    fn x(&self) -> MatRef<'_, T> {
        self.xt.as_ref().transpose()
    }

    fn y(&self) -> MatRef<'_, T> {
        self.yt.as_ref().transpose()
    }

    fn constant_norm(&self) -> T {
        self.constant_norm
    }
}

/// A matrix to be written column by column: in place where columns are contiguous, or else through
/// a copy of one column.
struct Columns<'a, T> {
    matrix: MatMut<'a, T>,
    copy: Vec<T>,
}

impl<T: Scalar> Columns<'_, T> {
    fn write(&mut self, j: usize, write: impl FnOnce(&mut [T])) {
        if let Some(column) = self.matrix.try_col_mut(j) {
            return write(column);
        }
        self.copy.resize(self.matrix.rows(), T::zero());
        write(&mut self.copy);
        for (i, &value) in self.copy.iter().enumerate() {
            self.matrix[(i, j)] = value;
        }
    }
}

fn invalid(operation: &'static str, argument: &'static str, detail: String) -> Error {
    Error::InvalidArgument {
        operation,
        argument,
        detail,
    }
}
