//! Reduces any number of samples to as many samples as there are inputs.

use leastwise_core::blocks::Reducer;
use leastwise_core::check::{self, invalid};
use leastwise_core::{Error, Factorizations, Mat, MatRef, Result, Scalar, norm};
use leastwise_optim::ranks::{Message, Ranks};

const OPERATION: &str = "Reduction";

/// At most n samples with the same loss as the original data. For every M,
///
/// ‖M·X − Y‖²_F = ‖M·Xc − Yc‖²_F + c².
#[derive(Clone, Debug, PartialEq)]
pub struct Reduced<T> {
    /// Xc, n×q with q = min(n, s), with one sample per column.
    pub x: Mat<T>,
    /// Yc, m×q.
    pub y: Mat<T>,
    /// c ≥ 0. If the rows of X are linearly independent, it is ‖M·X − Y‖_F for the best M.
    pub constant_norm: T,
    /// The number of samples that were reduced, s.
    pub samples: u64,
}

/// Reduces data in one pass, batch by batch, for models that are linear in their input.
///
/// Let X be n×s and Y be m×s, with one sample per column, and let Xᵀ = Q₁·R be the thin QR factorisation. Q =
/// [Q₁ Q₂] is orthogonal, so for every M
///
/// ‖M·X − Y‖²_F = ‖Qᵀ·(Xᵀ·Mᵀ − Yᵀ)‖²_F = ‖M·Rᵀ − Y·Q₁‖²_F + ‖Y·Q₂‖²_F,
///
/// So Xc = Rᵀ, Yc = Y·Q₁ and c = ‖Y·Q₂‖_F replace the data. They give the same losses, the same gradients and
/// the same Gauss-Newton steps, for any parameters of M. This also holds if X is rank-deficient. Neither Q
/// nor XXᵀ is formed; XXᵀ would square the condition number. Parts that were reduced separately can be
/// combined by [`merge`](Self::merge).
///
/// If there are fewer samples than inputs, they are kept unchanged. Otherwise they are reduced in blocks of
/// max(4n, 256) by [`leastwise_core::blocks`], which needs a quarter more operations than one factorisation
/// of all samples. The result does not depend on how the samples are grouped into batches. Memory: a block
/// of n + m numbers per sample, the same for its factorisation, and n·(n + m) numbers for each doubling of
/// the data beyond 32 blocks. It does not grow with the length of a batch.
///
/// # Accuracy
///
/// (Xc, Yc, c) is exact for X + ΔX and Y + ΔY, except for the rounding of c. Let η₁ be the error of one
/// factorisation of a block of b samples. It is at most a small constant times n·b·u, and usually of the order
/// of √(nb)·u. A sample passes through p factorisations: at most 32 in its segment, and one for each level of
/// the tree of s/(32b) segments. ‖ΔX‖_F ≤ p·η₁·‖X‖_F and ‖ΔY‖_F ≤ p·η₁·‖Y‖_F. So for every M
///
/// |‖M·X − Y‖_F − √(‖M·Xc − Yc‖²_F + c²)| ≤ p·η₁·(‖M‖₂·‖X‖_F + ‖Y‖_F).
///
/// c is computed in units of a power of two near ‖Y‖_F, so that its squares stay within the range of `T`. The
/// relative error of their sum is a few u, because the rounding errors of the sum are added up as well. A c far
/// below u·‖Y‖_F may become zero.
///
/// Sources: G. Golub, C. Van Loan, *Matrix Computations*, 4th ed., §5.3 and §6.5.3; N. Higham, *Accuracy and
/// Stability of Numerical Algorithms*, 2nd ed., Theorems 19.4 and 20.3; J. Demmel, L. Grigori, M. Hoemmen, J.
/// Langou, *Communication-optimal parallel and sequential QR and LU factorizations*, SIAM J. Sci. Comput. 34
/// (2012), for the QR factorisation by blocks of rows.
///
/// ```
/// use leastwise_core::{Backend, MatRef, Result};
/// use leastwise_two_factor::Reduction;
///
/// /// The line nearest to y = t² for t = 0, 1, …, 999: inputs (t, 1).
/// fn squares(backend: &dyn Backend<f64>) -> Result<()> {
///     let mut reduction = Reduction::new(backend, 2, 1)?;
///     for t in 0..1000 {
///         let t = f64::from(t);
///         reduction.push(MatRef::from_column(&[t, 1.0]), MatRef::from_column(&[t * t]))?;
///     }
///     let reduced = reduction.finish()?;
///     assert_eq!((reduced.x.cols(), reduced.samples), (2, 1000));
///     // The least Σ(a·t + b − t²)² over a and b is s·(s² − 1)·(s² − 4)/180.
///     let least = 1000.0 * 999_999.0 * 999_996.0 / 180.0;
///     assert!((reduced.constant_norm.powi(2) / least - 1.0).abs() < 1e-12);
///     Ok(())
/// }
/// # squares(&leastwise_faer::Faer::default())?;
/// # Ok::<(), leastwise_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Reduction<'b, T, B: ?Sized> {
    backend: &'b B,
    inputs: usize,
    outputs: usize,
    /// The samples of X and Y that are not reduced yet, one after another.
    x: Vec<T>,
    y: Vec<T>,
    /// The others.
    reducer: Option<Reducer<'b, T, B>>,
    /// That of the parts. In f64, because many small numbers are added.
    constant_norm: f64,
    samples: u64,
    /// An error of the backend. Samples were lost, so no result can be computed from the others.
    failed: Option<Error>,
}

impl<'b, T: Scalar, B: Factorizations<T> + ?Sized> Reduction<'b, T, B> {
    /// A reduction without samples, for samples of `inputs` = n and `outputs` = m numbers.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if n or m is zero, or if a block exceeds the address space.
    pub fn new(backend: &'b B, inputs: usize, outputs: usize) -> Result<Self> {
        for (argument, size) in [("inputs", inputs), ("outputs", outputs)] {
            check::at_least_one(OPERATION, argument, size)?;
            let block = inputs
                .checked_mul(4)
                .and_then(|b| b.max(256).checked_mul(size));
            if block.and_then(|b| b.checked_mul(size_of::<T>())).is_none() {
                let detail = format!(
                    "must be so small that a block of samples fits into memory, but it is {size}"
                );
                return Err(invalid(OPERATION, argument, detail));
            }
        }
        Ok(Self {
            backend,
            inputs,
            outputs,
            x: Vec::new(),
            y: Vec::new(),
            reducer: None,
            constant_norm: 0.0,
            samples: 0,
            failed: None,
        })
    }

    /// Adds a batch of any number of samples, `x` n×b and `y` m×b. It may be empty.
    ///
    /// A batch that is refused for its shape or its entries changes nothing. After any other error, samples
    /// were lost, and every later call returns that error again.
    ///
    /// # Errors
    /// [`Error::Shape`], [`Error::NonFinite`] with the position in the batch, and those of
    /// [`Reducer`]. Also [`Error::Overflow`] if c exceeds the range of f64.
    pub fn push(&mut self, x: MatRef<'_, T>, y: MatRef<'_, T>) -> Result<()> {
        self.check_usable()?;
        self.check_batch(x, y)?;
        let added = x.cols() as u64;
        self.append(x, y).map_err(|error| self.fail(error))?;
        self.samples += added;
        Ok(())
    }

    /// Adds a part that was reduced elsewhere. Parts may come in any order and any grouping. The resulting
    /// samples differ, for example in the signs of their entries, but the loss is the same.
    ///
    /// # Errors
    /// As [`Reduction::push`]. Also [`Error::InvalidArgument`] if the part's c is negative or not finite, or
    /// if the part claims fewer samples than it has.
    pub fn merge(&mut self, part: &Reduced<T>) -> Result<()> {
        self.check_usable()?;
        self.check_batch(part.x.as_ref(), part.y.as_ref())?;
        let constant = part.constant_norm;
        if !(constant >= T::zero() && constant.is_finite()) {
            let detail = format!("must have a finite constant_norm ≥ 0, but it is {constant}");
            return Err(invalid(OPERATION, "part", detail));
        }
        let (held, samples) = (part.x.cols() as u64, part.samples);
        let total = self.samples.checked_add(samples);
        let Some(total) = total.filter(|_| samples >= held) else {
            let detail = format!(
                "must be reduced from at least the {held} samples that it has, but it claims {samples}"
            );
            return Err(invalid(OPERATION, "part", detail));
        };
        let appended = self.append(part.x.as_ref(), part.y.as_ref());
        appended
            .and_then(|()| self.add_constant(constant.as_f64()))
            .map_err(|error| self.fail(error))?;
        self.samples = total;
        Ok(())
    }

    /// Reduces all samples that were pushed and merged so far. More may follow.
    ///
    /// # Errors
    /// As [`Reduction::finish`].
    pub fn snapshot(&self) -> Result<Reduced<T>> {
        let copy = Self {
            x: self.x.clone(),
            y: self.y.clone(),
            reducer: self.reducer.clone(),
            failed: self.failed.clone(),
            ..*self
        };
        copy.finish()
    }

    /// Reduces all samples that were pushed and merged.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if there was no sample, [`Error::Overflow`] if c exceeds the range
    /// of `T`, and those of [`Reducer`].
    pub fn finish(mut self) -> Result<Reduced<T>> {
        self.check_usable()?;
        if self.held() == 0 {
            let detail = "must have at least one sample, but there was none".to_owned();
            return Err(invalid(OPERATION, "x", detail));
        }
        if self.reducer.is_some() || self.held() > self.inputs {
            self.reduce_held()?;
        }
        if let Some(mut reducer) = self.reducer.take() {
            let reduced = reducer.take()?.into_reduced();
            let split = reduced.restored(OPERATION, self.backend)?;
            (self.x, self.y) = (
                split.r.transposed().into_vec(),
                split.c.transposed().into_vec(),
            );
            let norms: Vec<f64> = split
                .residual_norms
                .iter()
                .map(|norm| norm.as_f64())
                .collect();
            self.add_constant(norm::euclidean(&norms))?;
        }
        let constant_norm = T::of(self.constant_norm);
        if !constant_norm.is_finite() {
            return Err(overflow(T::NAME));
        }
        let held = self.held();
        Ok(Reduced {
            x: Mat::from_col_major(self.x, self.inputs, held)?,
            y: Mat::from_col_major(self.y, self.outputs, held)?,
            constant_norm,
            samples: self.samples,
        })
    }

    fn held(&self) -> usize {
        self.x.len() / self.inputs
    }

    /// The number of samples that are collected before they are reduced.
    fn block(&self) -> usize {
        (4 * self.inputs).max(256)
    }

    fn check_usable(&self) -> Result<()> {
        self.failed.clone().map_or(Ok(()), Err)
    }

    fn fail(&mut self, error: Error) -> Error {
        self.failed = Some(error.clone());
        error
    }

    fn check_batch(&self, x: MatRef<'_, T>, y: MatRef<'_, T>) -> Result<()> {
        let shapes = [
            ("x", self.inputs, x.cols(), x),
            ("y", self.outputs, x.cols(), y),
        ];
        for (argument, rows, cols, batch) in shapes {
            if (batch.rows(), batch.cols()) != (rows, cols) {
                let detail = format!(
                    "must be {rows}x{cols} for a batch of {cols} samples, but it is {}x{}",
                    batch.rows(),
                    batch.cols()
                );
                return Err(Error::Shape {
                    operation: OPERATION,
                    argument,
                    detail,
                });
            }
        }
        norm::max_abs_finite(OPERATION, "x", x)?;
        norm::max_abs_finite(OPERATION, "y", y)?;
        Ok(())
    }

    fn append(&mut self, x: MatRef<'_, T>, y: MatRef<'_, T>) -> Result<()> {
        for sample in 0..x.cols() {
            if self.held() == self.block() {
                self.reduce_held()?;
            }
            extend_with_column(&mut self.x, x, sample);
            extend_with_column(&mut self.y, y, sample);
        }
        Ok(())
    }

    fn reduce_held(&mut self) -> Result<()> {
        let (n, m, held) = (self.inputs, self.outputs, self.held());
        let x = MatRef::from_col_major(&self.x, n, held)?;
        let y = MatRef::from_col_major(&self.y, m, held)?;
        let reducer = self
            .reducer
            .get_or_insert_with(|| Reducer::new(self.backend, (n, m), held));
        reducer.push(x.transpose(), y.transpose())?;
        self.x.clear();
        self.y.clear();
        Ok(())
    }

    fn add_constant(&mut self, norm: f64) -> Result<()> {
        self.constant_norm = self.constant_norm.hypot(norm);
        if self.constant_norm.is_finite() {
            return Ok(());
        }
        Err(overflow("f64"))
    }
}

/// Reduces data that are in memory as a whole: `x` n×s and `y` m×s, with one sample per column.
///
/// ```
/// use leastwise_core::{Mat, norm};
/// // Three samples of one input and one output become one.
/// let (x, y) = (
///     Mat::from_col_major(vec![2.0, 4.0, 4.0], 1, 3)?,
///     Mat::from_col_major(vec![3.0, 6.0, 7.0], 1, 3)?,
/// );
/// let reduced = leastwise_two_factor::reduce(&leastwise_faer::Faer::default(), x.as_ref(), y.as_ref())?;
/// let loss = |w: f64| (w * reduced.x[(0, 0)] - reduced.y[(0, 0)]).powi(2) + reduced.constant_norm.powi(2);
/// // 1.5·x misses the last y by 1.
/// assert!((loss(1.5) - 1.0).abs() < 1e-13);
/// assert!((loss(0.0) - 94.0).abs() < 1e-12);
/// # Ok::<(), leastwise_core::Error>(())
/// ```
///
/// # Errors
/// [`Error::InvalidArgument`] if n, m or s is zero, and those of [`Reduction::push`].
pub fn reduce<T: Scalar, B: Factorizations<T> + ?Sized>(
    backend: &B,
    x: MatRef<'_, T>,
    y: MatRef<'_, T>,
) -> Result<Reduced<T>> {
    let mut reduction = Reduction::new(backend, x.rows(), y.rows())?;
    reduction.push(x, y)?;
    reduction.finish()
}

/// Reduces batches from a file or a generator. The first error ends the reduction.
///
/// ```
/// use leastwise_core::{Error, Mat};
/// let batches = (0..10).map(|batch| {
///     let x = Mat::from_fn(2, 100, |i, j| f64::from(batch) + (i * j) as f64);
///     let y = Mat::from_fn(1, 100, |_, j| 3.0 * x[(0, j)] - x[(1, j)]);
///     Ok::<_, Error>((x, y))
/// });
/// let backend = leastwise_faer::Faer::default();
/// let reduced = leastwise_two_factor::reduce_batches(&backend, 2, 1, batches)?;
/// assert_eq!((reduced.x.cols(), reduced.samples), (2, 1000));
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// Those of the batches, of [`Reduction::push`] and of [`Reduction::finish`].
pub fn reduce_batches<T, B, E>(
    backend: &B,
    inputs: usize,
    outputs: usize,
    batches: impl IntoIterator<Item = Result<(Mat<T>, Mat<T>), E>>,
) -> Result<Reduced<T>, E>
where
    T: Scalar,
    B: Factorizations<T> + ?Sized,
    E: From<Error>,
{
    let mut reduction = Reduction::new(backend, inputs, outputs)?;
    for batch in batches {
        let (x, y) = batch?;
        reduction.push(x.as_ref(), y.as_ref())?;
    }
    Ok(reduction.finish()?)
}

/// Combines the parts of all ranks of a parallel program: every rank gets the reduction of all samples, with the same bits.
///
/// `outcome` is what [`Reduction::finish`] returned on this rank. Use `Ok(None)` on a rank without samples. Parts are combined
/// in the tree of [`ranks`](leastwise_optim::ranks), by [`Reduction::merge`].
///
/// ```
/// use leastwise_core::{Error, MatRef, Result};
/// use leastwise_faer::Faer;
/// use leastwise_optim::ranks::on_threads;
/// use leastwise_two_factor::{reduce, reduce_across};
///
/// let (x, y): ([f64; 4], [f64; 4]) = ([2.0, 4.0, 4.0, 1.0], [3.0, 6.0, 7.0, 2.0]);
/// let reductions = on_threads(3, |ranks| {
///     let backend = Faer::default();
///     // The samples 0 and 1, none, and 2 and 3.
///     let own = match ranks.rank() {
///         1 => Ok(None),
///         rank => {
///             let own = |all: &'static [f64]| MatRef::from_col_major(&all[rank..rank + 2], 1, 2);
///             own(&[2.0, 4.0, 4.0, 1.0])
///                 .and_then(|x| reduce(&backend, x, own(&[3.0, 6.0, 7.0, 2.0])?))
///                 .map(Some)
///         }
///     };
///     reduce_across(ranks, &backend, own)
/// });
/// let whole = reduce(
///     &Faer::default(),
///     MatRef::from_col_major(&x, 1, 4)?,
///     MatRef::from_col_major(&y, 1, 4)?,
/// )?;
/// for reduced in reductions {
///     let reduced = reduced?;
///     assert_eq!(reduced.samples, 4);
///     // ‖Xc‖ does not depend on the signs of the samples.
///     assert!((reduced.x[(0, 0)].abs() - whole.x[(0, 0)].abs()).abs() < 1e-13);
///     assert!((reduced.constant_norm - whole.constant_norm).abs() < 1e-13);
/// }
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// [`Error::Rank`] with the error of the first rank that has one. [`Error::InvalidArgument`] if no rank has samples.
pub fn reduce_across<T: Scalar, B: Factorizations<T> + ?Sized>(
    ranks: &Ranks,
    backend: &B,
    outcome: Result<Option<Reduced<T>>>,
) -> Result<Reduced<T>> {
    let own = outcome.map(|part| part.map(Part));
    let all = ranks.merge(own, |first, second| match (first, second) {
        (Some(Part(first)), Some(Part(second))) => {
            let mut both = Reduction::new(backend, first.x.rows(), first.y.rows())?;
            both.merge(&first)?;
            both.merge(&second)?;
            both.finish().map(|reduced| Some(Part(reduced)))
        }
        (first, second) => Ok(first.or(second)),
    })?;
    all.map(|Part(reduced)| reduced).ok_or_else(|| {
        let detail = "must have at least one sample on one of the ranks, but there was none";
        invalid(OPERATION, "x", detail.to_owned())
    })
}

/// What a rank sends.
struct Part<T>(Reduced<T>);

impl<T: Scalar> Message for Part<T> {
    fn write(&self, bytes: &mut Vec<u8>) {
        let Reduced {
            x,
            y,
            constant_norm,
            samples,
        } = &self.0;
        samples.write(bytes);
        for part in [&Mat::from_fn(1, 1, |_, _| *constant_norm), x, y] {
            part.write(bytes);
        }
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let samples = u64::read(bytes)?;
        let constant = Mat::read(bytes)?;
        let (x, y) = (Mat::read(bytes)?, Mat::read(bytes)?);
        (constant.data().len() == 1).then(|| {
            Self(Reduced {
                x,
                y,
                constant_norm: constant[(0, 0)],
                samples,
            })
        })
    }
}

fn extend_with_column<T: Scalar>(target: &mut Vec<T>, source: MatRef<'_, T>, j: usize) {
    match source.try_col(j) {
        Some(column) => target.extend_from_slice(column),
        None => target.extend((0..source.rows()).map(|i| source[(i, j)])),
    }
}

fn overflow(scalar: &'static str) -> Error {
    Error::Overflow {
        operation: OPERATION,
        result: "the constant of the loss".to_owned(),
        scalar,
    }
}
