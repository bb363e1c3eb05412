//! Tall problems in blocks of rows: one pass over A and B, and no copy of A.
//!
//! Let \[R C\] be the triangle of the rows of \[A B\] that were read, and let ρⱼ be the norm of the
//! part of column j of B that lies outside the range of these rows of A. A block of further rows is
//! copied below the triangle. One orthogonal transformation then makes the triangle of all rows
//! ([`Factorizations::reduce_stack_impl`]). Two triangles are merged in the same way, with the second
//! one as the block. ‖A·x − b‖² is ‖R·x − c‖² + ρ² for every x.
//!
//! **Order.** 32 blocks form a segment, which is reduced from its first block to its last.
//! The triangles of the segments are merged in a binary tree: the left branch of s segments holds
//! the largest power of two below s. Blocks, segments and the tree follow from m, n and the scalar
//! type only. The result has the same bits whichever thread reduces a segment. The tree also bounds rounding
//! errors. They grow with its depth and with the length of a segment, but not with m.
//!
//! **Scale.** Each part of a block (A, and each column of B) is multiplied by a power of two while it
//! is copied, and the squares of the copies are added up. The power is that of the largest part so
//! far, which gives this part a norm between ½·√2 and √2. If a larger part comes, the triangle is
//! multiplied by a smaller power, and the part is copied again. The sum of the squares also detects
//! entries that are not finite.
//!
//! Source: J. Demmel, L. Grigori, M. Hoemmen, J. Langou, *Communication-optimal parallel and
//! sequential QR and LU factorizations*, SIAM J. Sci. Comput. 34 (2012).

use std::ops::Range;

use crate::factor::Triangularized;
use crate::power::{by_power_of_two, exponent_above, normal_power, power_of_two};
use crate::scaling::Answer;
use crate::{Error, Factorizations, Mat, MatRef, Result, Scalar, Stack, Workspace, norm};

/// The number of blocks in a segment. They are reduced one after the other.
pub const SEGMENT: usize = 32;

/// The rows of a block are a multiple of this number, so that vectors of every width fit.
const ALIGNMENT: usize = 16;

/// The triangle of all rows, and the power of two of each part.
#[derive(Clone, Debug)]
pub struct Reduced<T> {
    /// 2⁻ᵖ·R.
    pub r: Mat<T>,
    /// 2^(−qⱼ)·C for column j.
    pub c: Mat<T>,
    /// 2^(−qⱼ)·ρⱼ.
    pub residual_norms: Vec<T>,
    /// p; `None` if A is zero.
    pub of_a: Option<i32>,
    /// qⱼ; 0 if column j is zero.
    pub of_b: Vec<i32>,
}

impl<T: Scalar> Reduced<T> {
    /// R, C and the residual norms without the powers of two.
    ///
    /// # Errors
    /// [`Error::Overflow`] if one leaves the range, and [`Error::WrongResult`] if `backend` has computed
    /// one that is not finite. They name `operation`.
    pub fn restored<B: Factorizations<T> + ?Sized>(
        mut self,
        operation: &'static str,
        backend: &B,
    ) -> Result<Triangularized<T>> {
        let answer = Answer::of(backend, operation);
        answer.restore("r", self.r.data_mut(), self.of_a.unwrap_or(0))?;
        for (j, &power) in self.of_b.iter().enumerate() {
            answer.restore("c", self.c.col_mut(j), power)?;
            answer.restore("residual_norms", &mut self.residual_norms[j..=j], power)?;
        }
        Ok(Triangularized {
            r: self.r,
            c: self.c,
            residual_norms: self.residual_norms,
            a_storage: Vec::new(),
            b_storage: Vec::new(),
        })
    }
}

/// The rows of a block for a library that factorises the triangle together with the block, which costs
/// n/rows of the work; `None` if there would be fewer than two blocks. The numbers were measured with
/// faer, nalgebra and linfa-linalg.
#[must_use]
pub fn rows_below_triangle(m: usize, n: usize) -> Option<usize> {
    let rows = if n <= 8 { 512 } else { 1024.max(16 * n) };
    (m >= 2 * rows).then_some(rows)
}

/// R, Q₁ᵀB and the residual norms of [`Factorizations::triangularize_impl`], by blocks of about
/// `rows_per_block` rows. An adapter whose only QR is [`Factorizations::reduce_stack_impl`] calls it.
/// B may have no columns.
///
/// # Errors
/// [`crate::Error::NonFinite`], [`crate::Error::Overflow`], and what the library reports.
pub fn triangularize<T: Scalar, B: Factorizations<T> + ?Sized>(
    backend: &B,
    a: MatRef<'_, T>,
    b: MatRef<'_, T>,
    rows_per_block: usize,
) -> Result<Triangularized<T>> {
    const OPERATION: &str = "triangularize";
    reduce(OPERATION, backend, a, b, rows_per_block)?.restored(OPERATION, backend)
}

/// The triangle of A and B, which have the same number of rows.
///
/// # Errors
/// [`crate::Error::NonFinite`] with the first entry of A, or else of B, that is not finite, and what
/// the library reports.
pub(crate) fn reduce<T: Scalar, B: Factorizations<T> + ?Sized>(
    operation: &'static str,
    backend: &B,
    a: MatRef<'_, T>,
    b: MatRef<'_, T>,
    rows_per_block: usize,
) -> Result<Reduced<T>> {
    let m = a.rows();
    let mut reducer = Reducer::new(backend, (a.cols(), b.cols()), rows_per_block.min(m));
    let mut whole = || {
        for start in (0..m).step_by(reducer.rows()) {
            let block = start..m.min(start + reducer.rows());
            reducer.push(rows_of(a, block.clone())?, rows_of(b, block)?)?;
        }
        reducer.take()
    };
    match whole() {
        // Of the whole, and not of a block.
        Err(Error::NonFinite { .. }) => Err(match norm::max_abs_finite(operation, "a", a) {
            Err(error) => error,
            Ok(_) => norm::first_non_finite(operation, "b", b),
        }),
        outcome => Ok(outcome?.into_reduced()),
    }
}

/// The number of segments in the left branch of the tree of `segments`, of which there are at least two.
#[must_use]
pub fn left_branch(segments: usize) -> usize {
    segments.next_power_of_two() / 2
}

/// The triangle of the rows of both.
///
/// # Errors
/// What the library reports.
pub fn merge<T: Scalar, B: Factorizations<T> + ?Sized>(
    backend: &B,
    first: &Triangle<T>,
    second: &Triangle<T>,
) -> Result<Triangle<T>> {
    let (n, k) = (first.r.cols(), first.c.cols());
    Reducer::new(backend, (n, k), 0).merge(first, second)
}

/// The exponents of the powers of two of A and of each column of B; `None` if the part is zero.
#[derive(Clone, Debug)]
struct Scales {
    of_a: Option<i32>,
    of_b: Vec<Option<i32>>,
}

impl Scales {
    fn new(k: usize) -> Self {
        Self {
            of_a: None,
            of_b: vec![None; k],
        }
    }
}

/// The triangle of a range of rows.
#[derive(Clone, Debug)]
pub struct Triangle<T> {
    r: Mat<T>,
    c: Mat<T>,
    /// ρⱼ².
    squares: Vec<Sum<T>>,
    scales: Scales,
}

/// A sum of squares, and the rounding errors that it has lost. Without them the error would grow
/// with the number of blocks.
///
/// Source: N. Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed. (2002), §4.3.
#[derive(Clone, Copy, Debug, Default)]
struct Sum<T> {
    sum: T,
    lost: T,
}

impl<T: Scalar> Sum<T> {
    fn add(&mut self, x: T) {
        let sum = self.sum + x;
        let (larger, smaller) = if self.sum < x {
            (x, self.sum)
        } else {
            (self.sum, x)
        };
        self.lost += (larger - sum) + smaller;
        self.sum = sum;
    }

    fn scale(&mut self, power: i32) {
        let mut parts = [self.sum, self.lost];
        by_power_of_two(&mut parts, power);
        [self.sum, self.lost] = parts;
    }

    fn root(self) -> T {
        (self.sum + self.lost).sqrt()
    }
}

/// The numbers of a [`Triangle`] of n columns of A and k of B, for a message to another process.
///
/// ```
/// use leastwise_core::blocks::{Packed, Triangle};
///
/// // R = [3 1; 0 2] and no columns of B.
/// let packed = Packed { r: vec![3.0, 1.0, 2.0], of_a: Some(0), ..Packed::default() };
/// let triangle = Triangle::of_packed(packed.clone())?;
/// assert_eq!(triangle.packed(), packed);
/// assert_eq!(triangle.into_reduced().r.data(), [3.0, 0.0, 1.0, 2.0]);
/// # Ok::<(), leastwise_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Packed<T> {
    /// The n·(n + 1)/2 entries of R on and above its diagonal, column after column.
    pub r: Vec<T>,
    /// The n·k entries of C, column after column.
    pub c: Vec<T>,
    /// The k sums ρⱼ², as a sum and the rounding errors that it has lost.
    pub squares: Vec<(T, T)>,
    /// p, as in [`Reduced`].
    pub of_a: Option<i32>,
    /// qⱼ; `None` if column j is zero.
    pub of_b: Vec<Option<i32>>,
}

impl<T: Scalar> Triangle<T> {
    /// Its numbers.
    #[must_use]
    pub fn packed(&self) -> Packed<T> {
        let columns = (0..self.r.cols()).map(|j| &self.r.col(j)[..=j]);
        Packed {
            r: columns.flatten().copied().collect(),
            c: self.c.data().to_vec(),
            squares: self.squares.iter().map(|s| (s.sum, s.lost)).collect(),
            of_a: self.scales.of_a,
            of_b: self.scales.of_b.clone(),
        }
    }

    /// The triangle with these numbers.
    ///
    /// # Errors
    /// [`Error::Shape`] unless their counts belong together.
    pub fn of_packed(packed: Packed<T>) -> Result<Self> {
        let k = packed.squares.len();
        // The n of n·(n + 1)/2 entries.
        let n = (packed.r.len().saturating_mul(8).saturating_add(1).isqrt() - 1) / 2;
        let counts = (packed.r.len(), packed.c.len(), packed.of_b.len());
        if counts != (n * (n + 1) / 2, n * k, k) {
            return Err(Error::Shape {
                operation: "Triangle",
                argument: "packed",
                detail: format!(
                    "must have n·(n + 1)/2, n·k and k entries in r, c and of_b for some n and {k} columns of B, \
                     but it has {}, {} and {}",
                    counts.0, counts.1, counts.2
                ),
            });
        }
        let mut r = Mat::zeros(n, n);
        let mut entries = packed.r.into_iter();
        for j in 0..n {
            for (target, entry) in r.col_mut(j)[..=j].iter_mut().zip(&mut entries) {
                *target = entry;
            }
        }
        let squares = packed.squares.into_iter();
        Ok(Self {
            r,
            c: Mat::from_col_major(packed.c, n, k)?,
            squares: squares.map(|(sum, lost)| Sum { sum, lost }).collect(),
            scales: Scales {
                of_a: packed.of_a,
                of_b: packed.of_b,
            },
        })
    }

    /// Its parts.
    #[must_use]
    pub fn into_reduced(self) -> Reduced<T> {
        Reduced {
            r: self.r,
            c: self.c,
            residual_norms: self.squares.into_iter().map(Sum::root).collect(),
            of_a: self.scales.of_a,
            of_b: self.scales.of_b.iter().map(|q| q.unwrap_or(0)).collect(),
        }
    }
}

/// Reduces rows of \[A B\] that come block by block, by segments and their tree.
///
/// The result has the same bits for every caller that pushes the same blocks of [`rows`](Self::rows)
/// rows. Threads share the work if each reduces a segment of [`SEGMENT`] blocks. They [`merge`] the
/// triangles in the tree of [`left_branch`].
///
/// ```
/// use leastwise_core::blocks::Reducer;
/// use leastwise_core::{Backend, MatRef, Result};
///
/// /// ‖A‖, from blocks of two rows of a column A.
/// fn norm(backend: &dyn Backend<f64>, a: &[f64]) -> Result<f64> {
///     let mut reducer = Reducer::new(backend, (1, 0), 16);
///     for block in a.chunks(2) {
///         reducer.push(MatRef::from_column(block), MatRef::from_col_major(&[], block.len(), 0)?)?;
///     }
///     let reduced = reducer.take()?.into_reduced();
///     Ok(reduced.r[(0, 0)].abs() * 2f64.powi(reduced.of_a.unwrap_or(0)))
/// }
/// ```
#[derive(Debug)]
pub struct Reducer<'b, T, B: ?Sized> {
    backend: &'b B,
    /// Rows of a block.
    rows: usize,
    stack: Stack<T>,
    /// The scales of the entries in the stack.
    scales: Scales,
    /// ρⱼ² of what is in the stack.
    squares: Vec<Sum<T>>,
    /// Blocks of the segment in the stack.
    blocks: usize,
    /// The complete segments before it.
    segments: usize,
    /// Their trees, largest first: one for each power of two in the sum `segments`.
    trees: Vec<Triangle<T>>,
    workspace: Workspace,
}

impl<T: Scalar, B: ?Sized> Clone for Reducer<'_, T, B> {
    fn clone(&self) -> Self {
        Self {
            backend: self.backend,
            rows: self.rows,
            stack: self.stack.clone(),
            scales: self.scales.clone(),
            squares: self.squares.clone(),
            blocks: self.blocks,
            segments: self.segments,
            trees: self.trees.clone(),
            workspace: Workspace::default(),
        }
    }
}

impl<'b, T: Scalar, B: Factorizations<T> + ?Sized> Reducer<'b, T, B> {
    /// For A of n and B of k columns, in blocks of about `rows_per_block` rows.
    #[must_use]
    pub fn new(backend: &'b B, (n, k): (usize, usize), rows_per_block: usize) -> Self {
        // A merge needs n rows.
        let rows = rows_per_block.max(n).next_multiple_of(ALIGNMENT);
        Self {
            backend,
            rows,
            stack: Stack::new(n, k, rows),
            scales: Scales::new(k),
            squares: vec![Sum::default(); k],
            blocks: 0,
            segments: 0,
            trees: Vec::new(),
            workspace: Workspace::default(),
        }
    }

    /// The most rows of a block.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Adds a block of at most [`rows`](Self::rows) rows.
    ///
    /// # Errors
    /// [`crate::Error::NonFinite`] with the first entry of this block of A, or else of B, that is not
    /// finite; [`crate::Error::Shape`] for a block of other columns or more rows; and what the library
    /// reports.
    pub fn push(&mut self, a: MatRef<'_, T>, b: MatRef<'_, T>) -> Result<()> {
        const OPERATION: &str = "Reducer";
        let (n, k) = (self.stack.n(), self.stack.k());
        if (a.cols(), b.cols(), b.rows()) != (n, k, a.rows()) || a.rows() > self.rows {
            return Err(Error::Shape {
                operation: OPERATION,
                argument: "a",
                detail: format!(
                    "must have {n} columns beside {k} of b, and at most {} rows, but they are {}x{} and {}x{}",
                    self.rows,
                    a.rows(),
                    a.cols(),
                    b.rows(),
                    b.cols()
                ),
            });
        }
        if self.blocks == SEGMENT {
            self.end_segment()?;
        }
        let Ok(a_is_zero) = self.load(a, b)? else {
            return Err(match norm::max_abs_finite(OPERATION, "a", a) {
                Err(error) => error,
                Ok(_) => norm::first_non_finite(OPERATION, "b", b),
            });
        };
        self.blocks += 1;
        self.absorb(a_is_zero)
    }

    /// The triangle of what was pushed since the last one was taken.
    ///
    /// # Errors
    /// What the library reports.
    pub fn take(&mut self) -> Result<Triangle<T>> {
        let mut triangle = self.triangle();
        while let Some(first) = self.trees.pop() {
            triangle = self.merge(&first, &triangle)?;
        }
        self.clear(self.rows);
        self.segments = 0;
        Ok(triangle)
    }

    /// Begins another segment.
    fn end_segment(&mut self) -> Result<()> {
        let mut triangle = self.triangle();
        self.segments += 1;
        // The tree that is complete with this segment, as in a binary counter.
        for _ in 0..self.segments.trailing_zeros() {
            if let Some(first) = self.trees.pop() {
                triangle = self.merge(&first, &triangle)?;
            }
        }
        self.trees.push(triangle);
        self.clear(self.rows);
        Ok(())
    }

    /// What is in the stack is lost.
    fn merge(&mut self, first: &Triangle<T>, second: &Triangle<T>) -> Result<Triangle<T>> {
        let n = self.stack.n();
        self.clear(n);
        let of_a = first.scales.of_a.max(second.scales.of_a);
        for (i, triangle) in [first, second].into_iter().enumerate() {
            let power = power_between(triangle.scales.of_a, of_a);
            for j in 0..n {
                let (above, below) = self.stack.column_mut(j);
                let target = if i == 0 { above } else { &mut below[..n] };
                target.copy_from_slice(triangle.r.col(j));
                by_power_of_two(target, power);
            }
        }
        self.scales.of_a = of_a;
        for j in 0..self.stack.k() {
            let of_b = first.scales.of_b[j].max(second.scales.of_b[j]);
            let mut sums = [first.squares[j], second.squares[j]];
            for (i, triangle) in [first, second].into_iter().enumerate() {
                let power = power_between(triangle.scales.of_b[j], of_b);
                let (above, below) = self.stack.column_mut(n + j);
                let target = if i == 0 { above } else { &mut below[..n] };
                target.copy_from_slice(triangle.c.col(j));
                by_power_of_two(target, power);
                sums[i].scale(2 * power);
            }
            self.squares[j] = sums[0];
            self.squares[j].add(sums[1].sum);
            self.squares[j].lost += sums[1].lost;
            self.scales.of_b[j] = of_b;
        }
        self.absorb(second.scales.of_a.is_none())?;
        Ok(self.triangle())
    }

    fn clear(&mut self, rows: usize) {
        self.blocks = 0;
        self.stack.clear(rows);
        self.scales = Scales::new(self.stack.k());
        self.squares.fill(Sum::default());
    }

    /// Copies a block below the triangle. Returns whether these rows of A are zero.
    fn load(
        &mut self,
        a: MatRef<'_, T>,
        b: MatRef<'_, T>,
    ) -> Result<std::result::Result<bool, NotFinite>> {
        let n = a.cols();
        let target = Columns::of(&mut self.stack, 0..n);
        let Ok(loaded) = target.load(a, &mut self.scales.of_a) else {
            return Ok(Err(NotFinite));
        };
        for (j, squares) in self.squares.iter_mut().enumerate() {
            let before = self.scales.of_b[j];
            let target = Columns::of(&mut self.stack, n + j..n + j + 1);
            if target
                .load(column_of(b, j)?, &mut self.scales.of_b[j])
                .is_err()
            {
                return Ok(Err(NotFinite));
            }
            if let (Some(before), Some(after)) = (before, self.scales.of_b[j]) {
                squares.scale(2 * (before - after));
            }
        }
        Ok(Ok(loaded.is_none()))
    }

    /// Makes the triangle of all rows in the stack.
    fn absorb(&mut self, a_is_zero: bool) -> Result<()> {
        let stack = &mut self.stack;
        if a_is_zero {
            // Some libraries return NaN for zeros, and R and C are right already.
            stack.measure_outside();
        } else {
            self.backend.reduce_stack_impl(stack, &mut self.workspace)?;
        }
        for (squares, &outside) in self.squares.iter_mut().zip(&self.stack.outside) {
            squares.add(outside * outside);
        }
        Ok(())
    }

    /// The triangle in the stack.
    fn triangle(&self) -> Triangle<T> {
        let (r, c) = self.stack.triangle();
        Triangle {
            r,
            c,
            squares: self.squares.clone(),
            scales: self.scales.clone(),
        }
    }
}

/// The power of two that brings a part from its own scale to the common one.
fn power_between(own: Option<i32>, common: Option<i32>) -> i32 {
    own.zip(common).map_or(0, |(own, common)| own - common)
}

fn rows_of<T>(a: MatRef<'_, T>, rows: Range<usize>) -> Result<MatRef<'_, T>> {
    // A matrix without columns has no data.
    let data = a.data().get(rows.start * a.row_stride()..);
    let data = data.unwrap_or_default();
    MatRef::with_strides(data, rows.len(), a.cols(), a.row_stride(), a.col_stride())
}

fn column_of<T>(b: MatRef<'_, T>, j: usize) -> Result<MatRef<'_, T>> {
    let data = &b.data()[j * b.col_stride()..];
    MatRef::with_strides(data, b.rows(), 1, b.row_stride(), b.col_stride())
}

struct NotFinite;

/// Columns of the stack that have one scale.
struct Columns<'s, T> {
    stack: &'s mut Stack<T>,
    columns: Range<usize>,
}

impl<'s, T: Scalar> Columns<'s, T> {
    fn of(stack: &'s mut Stack<T>, columns: Range<usize>) -> Self {
        Self { stack, columns }
    }

    /// Copies 2⁻ᵖ·`source` below the triangle, where p is the scale, and zeros below `source`. If p
    /// has to grow, the triangle follows. Returns `None` if `source` is zero.
    fn load(
        mut self,
        source: MatRef<'_, T>,
        scale: &mut Option<i32>,
    ) -> std::result::Result<Option<()>, NotFinite> {
        if let Some(power) = *scale
            && normal_power::<T>(-power) == -power
        {
            let square = self.copy(source, power_of_two(-power));
            // A larger part needs another scale. A sum of zero may also mean that squares underflowed.
            if square < T::of(2.0) && square > T::zero() {
                return Ok(Some(()));
            }
        }
        self.load_slowly(source, scale)
    }

    /// As [`Columns::load`], for every scale.
    #[cold]
    fn load_slowly(
        &mut self,
        source: MatRef<'_, T>,
        scale: &mut Option<i32>,
    ) -> std::result::Result<Option<()>, NotFinite> {
        let (square, shift) = norm::scaled_squares(norm::in_order(source).pieces());
        if !square.is_finite() {
            return Err(NotFinite);
        }
        let is_zero = square == T::zero();
        let own = exponent_above(square).div_euclid(2) - shift;
        if !is_zero && scale.is_none_or(|power| power < own) {
            let power = scale.map_or(0, |power| power - own);
            for j in self.columns.clone() {
                by_power_of_two(self.stack.column_mut(j).0, power);
            }
            *scale = Some(own);
        }
        self.copy(source, T::one());
        for j in self.columns.clone() {
            by_power_of_two(self.stack.column_mut(j).1, -scale.unwrap_or(0));
        }
        Ok((!is_zero).then_some(()))
    }

    /// Copies the products with `factor`, and returns the sum of their squares.
    fn copy(&mut self, source: MatRef<'_, T>, factor: T) -> T {
        let mut sum = T::zero();
        let count = source.rows();
        for (j, column) in self.columns.clone().enumerate() {
            let (target, rest) = self.stack.column_mut(column).1.split_at_mut(count);
            sum += if let Some(entries) = source.try_col(j) {
                scaled_copy(target, entries, factor)
            } else {
                let entries = source.data()[j..].iter().step_by(source.row_stride());
                for (target, &entry) in target.iter_mut().zip(entries) {
                    *target = entry;
                }
                scale_in_place(target, factor)
            };
            rest.fill(T::zero());
        }
        sum
    }
}

/// target ← factor·source. Returns the sum of the squares, in partial sums that can be vectorised.
fn scaled_copy<T: Scalar>(target: &mut [T], source: &[T], factor: T) -> T {
    const LANES: usize = 8;
    let mut partial = [T::zero(); LANES];
    let (mut targets, sources) = (target.chunks_exact_mut(LANES), source.chunks_exact(LANES));
    let last = sources.remainder();
    for (target, source) in targets.by_ref().zip(sources) {
        for lane in 0..LANES {
            let entry = factor * source[lane];
            target[lane] = entry;
            partial[lane] += entry * entry;
        }
    }
    let mut sum = partial.into_iter().sum();
    for (target, &source) in targets.into_remainder().iter_mut().zip(last) {
        *target = factor * source;
        sum += *target * *target;
    }
    sum
}

/// The same with the source in the storage of the target.
fn scale_in_place<T: Scalar>(x: &mut [T], factor: T) -> T {
    for xi in x.iter_mut() {
        *xi *= factor;
    }
    norm::dot(x, x)
}
