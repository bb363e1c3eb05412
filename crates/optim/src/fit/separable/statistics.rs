//! The covariance of all parameters, from a triangle of each set of data.
//!
//! The coefficients of a set have an effect on this set only. So J, with columns of length 1, has an R in the form of an
//! arrow: blocks Rₛ of the coefficients of each set, Bₛ beside them in the columns of α, and a triangle T of α below.
//! The rows of R⁻¹ are those of [Rₛ⁻¹, −Rₛ⁻¹·Bₛ·T⁻¹] and of T⁻¹, and (JᵀJ)⁻¹ = R⁻¹·R⁻ᵀ.

use leastwise_core::norm::{dot, euclidean};
use leastwise_core::{Backend, Mat, Result, Scalar, Workspace};

use crate::fit::covariance::{Row, Unscaled, normalize};

/// For so many parameters, a decomposition of all columns together is fast enough.
const FEW: usize = 8;

/// (JᵀJ)⁻¹ for the parameters [α, c₁, c₂, …] from the triangles of [Φ ∂(Φ·c)/∂α] of all sets, with p = `linear`
/// functions. The coefficients are free.
pub(super) fn unscaled<T: Scalar>(
    backend: &dyn Backend<T>,
    (triangles, linear): (&[Mat<T>], usize),
    free: &[bool],
    rcond: T,
) -> Result<Unscaled<T>> {
    if free.len() > FEW
        && let Some(unscaled) = by_sets(backend, (triangles, linear), free, rcond)?
    {
        return Ok(unscaled);
    }
    let all = stacked(triangles, linear, free.len());
    Unscaled::new(backend, all.as_ref(), free, Some(rcond))
}

/// All triangles in one matrix.
fn stacked<T: Scalar>(triangles: &[Mat<T>], p: usize, n: usize) -> Mat<T> {
    let size = n - p * (triangles.len() - 1);
    let q = size - p;
    let mut all = Mat::zeros(triangles.len() * size, n);
    for (set, triangle) in triangles.iter().enumerate() {
        for j in 0..size {
            let target = if j < p { q + p * set + j } else { j - p };
            all.col_mut(target)[set * size..][..size].copy_from_slice(triangle.col(j));
        }
    }
    all
}

/// The same for a J of full rank. It is `None` if that is not certain.
fn by_sets<T: Scalar>(
    backend: &dyn Backend<T>,
    (triangles, p): (&[Mat<T>], usize),
    free: &[bool],
    rcond: T,
) -> Result<Option<Unscaled<T>>> {
    let Some((arrow, lengths)) = Arrow::new(backend, (triangles, p), free)? else {
        return Ok(None);
    };
    let Some(rows) = arrow.inverse() else {
        return Ok(None);
    };
    // 1/σ_min ≤ ‖R⁻¹‖_F and σ_max ≤ √n.
    let norms: Vec<T> = rows.iter().map(Row::length).collect();
    let bound = (euclidean(&norms) * T::of(rows.len() as f64).sqrt()).recip();
    if !(bound > rcond) {
        return Ok(None);
    }
    let largest = largest(rows.len(), |x| arrow.gram(x));
    let inverse = largest_of_rows(&rows, arrow.tail.cols());
    let condition = (largest * inverse).recip();
    Ok(Some(Unscaled::of_rows(
        free,
        (rcond, condition),
        rows,
        lengths,
    )))
}

/// The lengths of the columns of J, as ℓ·2ᵖ.
type Lengths<T> = Vec<(T, i32)>;

/// R, with columns of length 1. Its rows and columns have the order [α, c₁, c₂, …].
struct Arrow<T> {
    /// Rₛ and Bₛ.
    blocks: Vec<(Mat<T>, Mat<T>)>,
    /// T.
    tail: Mat<T>,
}

impl<T: Scalar> Arrow<T> {
    /// R and the lengths of the columns of J, or `None` if a column is zero.
    fn new(
        backend: &dyn Backend<T>,
        (triangles, p): (&[Mat<T>], usize),
        free: &[bool],
    ) -> Result<Option<(Self, Lengths<T>)>> {
        let size = triangles[0].cols();
        let alpha: Vec<usize> = (p..size).filter(|j| free[j - p]).collect();
        let is_zero = |column: &[T]| column.iter().all(|&entry| entry == T::zero());
        let mut lengths = Vec::new();
        let mut of_alpha: Vec<Vec<T>> = Vec::new();
        for &j in &alpha {
            let pieces = triangles.iter().flat_map(|triangle| triangle.col(j));
            let mut column: Vec<T> = pieces.copied().collect();
            if is_zero(&column) {
                return Ok(None);
            }
            lengths.push(normalize(&mut column));
            of_alpha.push(column);
        }
        let mut blocks = Vec::with_capacity(triangles.len());
        for (set, triangle) in triangles.iter().enumerate() {
            let mut r = Mat::from_fn(p, p, |i, j| triangle[(i, j)]);
            for k in 0..p {
                if is_zero(r.col(k)) {
                    return Ok(None);
                }
                lengths.push(normalize(r.col_mut(k)));
            }
            let b = Mat::from_fn(p, alpha.len(), |i, j| of_alpha[j][set * size + i]);
            blocks.push((r, b));
        }
        let below = size - p;
        let mut tail = Mat::from_fn(triangles.len() * below, alpha.len(), |i, j| {
            of_alpha[j][i / below * size + p + i % below]
        });
        if !alpha.is_empty() {
            backend.r_overwriting(&mut tail, &mut Workspace::default())?;
        }
        let count = alpha.len();
        let tail = Mat::from_fn(
            count,
            count,
            |i, j| {
                if i <= j { tail[(i, j)] } else { T::zero() }
            },
        );
        Ok(Some((Self { blocks, tail }, lengths)))
    }

    /// The rows of R⁻¹, or `None` if R is singular.
    fn inverse(&self) -> Option<Vec<Row<T>>> {
        let q = self.tail.cols();
        let of_tail = inverse(&self.tail)?;
        let row_of = |a: &Mat<T>, i: usize| (0..a.cols()).map(|j| a[(i, j)]).collect::<Vec<T>>();
        let mut rows: Vec<Row<T>> = (0..q)
            .map(|j| Row::of(row_of(&of_tail, j), (0, Vec::new())))
            .collect();
        for (set, (r, b)) in self.blocks.iter().enumerate() {
            let own = inverse(r)?;
            let p = own.cols();
            let product = Mat::from_fn(p, q, |i, j| dot(&row_of(&own, i), b.col(j)));
            for i in 0..p {
                let row = row_of(&product, i);
                let shared = (0..q).map(|j| -dot(&row, of_tail.col(j))).collect();
                rows.push(Row::of(shared, (set * p, row_of(&own, i))));
            }
        }
        Some(rows)
    }

    /// Rᵀ·R·x.
    fn gram(&self, x: &[T]) -> Vec<T> {
        let q = self.tail.cols();
        let mut product = vec![T::zero(); x.len()];
        let (of_alpha, of_sets) = product.split_at_mut(q);
        add_gram(&self.tail, &x[..q], None, of_alpha, &mut []);
        let mut at = 0;
        for (r, b) in &self.blocks {
            let own = at..at + r.cols();
            add_gram(
                r,
                &x[q..][own.clone()],
                Some((b, &x[..q])),
                &mut of_sets[own.clone()],
                of_alpha,
            );
            at = own.end;
        }
        product
    }
}

/// Adds Aᵀ·(A·x + B·z) to `of_a`, and Bᵀ·(A·x + B·z) to `of_b`.
fn add_gram<T: Scalar>(
    a: &Mat<T>,
    x: &[T],
    beside: Option<(&Mat<T>, &[T])>,
    of_a: &mut [T],
    of_b: &mut [T],
) {
    let mut image = vec![T::zero(); a.rows()];
    let mut add = |a: &Mat<T>, x: &[T]| {
        for (j, &xj) in x.iter().enumerate() {
            for (entry, &value) in image.iter_mut().zip(a.col(j)) {
                *entry += xj * value;
            }
        }
    };
    add(a, x);
    if let Some((b, z)) = beside {
        add(b, z);
        for (j, entry) in of_b.iter_mut().enumerate() {
            *entry += dot(b.col(j), &image);
        }
    }
    for (j, entry) in of_a.iter_mut().enumerate() {
        *entry += dot(a.col(j), &image);
    }
}

/// The inverse of an upper triangle, unless it is singular.
fn inverse<T: Scalar>(r: &Mat<T>) -> Option<Mat<T>> {
    let n = r.cols();
    let mut inverse = Mat::<T>::identity(n);
    for col in 0..n {
        let x = inverse.col_mut(col);
        for k in (0..=col).rev() {
            x[k] /= r[(k, k)];
            let xk = x[k];
            for (entry, &value) in x[..k].iter_mut().zip(r.col(k)) {
                *entry -= xk * value;
            }
        }
    }
    let is_finite = inverse.data().iter().all(|entry| entry.is_finite());
    is_finite.then_some(inverse)
}

/// ‖W‖₂ for the W of these rows, whose first `q` columns are those of α.
fn largest_of_rows<T: Scalar>(rows: &[Row<T>], q: usize) -> T {
    largest(rows.len(), |x| {
        let mut product = vec![T::zero(); x.len()];
        for row in rows {
            let image = row.times(x, q);
            row.add_to(image, &mut product, q);
        }
        product
    })
}

/// The root of the largest eigenvalue of a matrix of n columns, from its products `gram` with vectors, to six digits.
fn largest<T: Scalar>(n: usize, gram: impl Fn(&[T]) -> Vec<T>) -> T {
    // A start that is orthogonal to the wanted vector would be a coincidence.
    let mut x: Vec<T> = (0..n)
        .map(|i| T::one() + T::of(0.37 * ((7 * i + 3) % 11) as f64))
        .collect();
    let mut root = T::zero();
    for _ in 0..300 {
        let length = euclidean(&x);
        for xi in &mut x {
            *xi /= length;
        }
        x = gram(&x);
        let before = root;
        root = euclidean(&x).sqrt();
        if (root - before).abs() <= T::of(1e-7) * root {
            break;
        }
    }
    root
}
