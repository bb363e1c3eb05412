//! The factorisation of the linear model, in storage that is reused.

use leastwise_core::norm::euclidean;
use leastwise_core::{Backend, Error, Mat, MatRef, Result, Scalar, Workspace, blocks, verify};

use super::model::Factored;
use crate::power;

/// [B r], and its R after it was triangularised.
#[derive(Clone, Debug, Default)]
pub(super) struct Factor<T> {
    augmented: Mat<T>,
    norms: Vec<T>,
    workspace: Workspace,
}

impl<T: Scalar> Factor<T> {
    /// The R of the matrix with these `columns`, whose lengths are `norms`, and with `residual` as last
    /// column. All are scaled to length 1, so that neither squares nor products of the entries leave the
    /// range of T.
    pub(super) fn triangularize<'c, B: Backend<T> + ?Sized>(
        &mut self,
        backend: &B,
        columns: impl Iterator<Item = &'c [T]> + Clone,
        norms: impl Iterator<Item = T>,
        residual: &'c [T],
    ) -> Result<Factored<'_, T>> {
        self.norms.clear();
        self.norms.extend(norms);
        let residual_norm = euclidean(residual);
        let is_finite = |norm: &T| norm.is_finite();
        if !(self.norms.iter().all(is_finite) && is_finite(&residual_norm)) {
            return Err(Error::Overflow {
                operation: "DenseQr",
                result: "the length of a column or of the residual".to_owned(),
                scalar: T::NAME,
            });
        }
        let jacobian = (columns.clone(), &*self.norms);
        fill(&mut self.augmented, jacobian, (residual, residual_norm));
        let n = self.norms.len();
        if n == 0 {
            return Ok(self.factored(residual_norm));
        }
        let outcome = backend.leading_r_of_normalized(&mut self.augmented, n, &mut self.workspace);
        if let Err(Error::WrongResult { .. }) = outcome {
            let jacobian = (columns, &*self.norms);
            fill(&mut self.augmented, jacobian, (residual, residual_norm));
            verify::perturb(&mut self.augmented);
            backend.leading_r_of_normalized(&mut self.augmented, n, &mut self.workspace)?;
        } else {
            outcome?;
        }
        Ok(self.factored(residual_norm))
    }

    fn factored(&self, residual_norm: T) -> Factored<'_, T> {
        Factored {
            triangle: &self.augmented,
            column_norms: &self.norms,
            residual_norm,
        }
    }

    /// The same for all columns of a tall J, a block of rows at a time and without a copy; see
    /// [`blocks`](leastwise_core::blocks). `None` if J is not tall, or if the library is faster with all rows at once.
    pub(super) fn triangularize_tall<B: Backend<T> + ?Sized>(
        &mut self,
        backend: &B,
        jacobian: &Mat<T>,
        norms: &[T],
        residual: &[T],
    ) -> Result<Option<Factored<'_, T>>> {
        let (m, n) = (jacobian.rows(), jacobian.cols());
        let rows_per_block = backend.rows_per_block(m, n);
        let Some(rows) = rows_per_block.filter(|_| m.saturating_mul(n) >= TALL) else {
            return Ok(None);
        };
        let residual_norm = euclidean(residual);
        let is_finite = |norm: &T| norm.is_finite();
        let are_finite = norms.iter().all(is_finite) && is_finite(&residual_norm);
        // Blocks have one unit for all columns.
        if !(are_finite && power::are_similar(norms)) {
            return Ok(None);
        }
        let r = MatRef::from_column(residual);
        let split = match blocks::triangularize(backend, jacobian.as_ref(), r, rows) {
            Err(Error::WrongResult { .. }) => return Ok(None),
            split => split?,
        };
        self.norms.clear();
        self.norms.extend_from_slice(norms);
        self.augmented.reshape_for_overwrite(n + 1, n + 1);
        for (j, &norm) in norms.iter().enumerate() {
            divide(split.r.col(j), norm, self.augmented.col_mut(j));
        }
        let mut c = split.c.col(0).to_vec();
        c.push(split.residual_norms[0]);
        divide(&c, residual_norm, self.augmented.col_mut(n));
        Ok(Some(self.factored(residual_norm)))
    }
}

/// The entries from which a matrix is reduced a block of rows at a time.
const TALL: usize = 1 << 18;

/// Appends rows of zeros, which make a tall matrix of a square one and its right-hand side.
fn fill<'c, T: Scalar + 'c>(
    augmented: &mut Mat<T>,
    (columns, norms): (impl Iterator<Item = &'c [T]>, &[T]),
    (residual, residual_norm): (&[T], T),
) {
    let n = norms.len();
    augmented.reshape_for_overwrite(residual.len().max(n + 1), n + 1);
    for (j, (column, &norm)) in columns.zip(norms).enumerate() {
        divide(column, norm, augmented.col_mut(j));
    }
    divide(residual, residual_norm, augmented.col_mut(n));
}

/// v/‖v‖, or zero if v is zero, followed by zeros.
#[inline]
fn divide<T: Scalar>(v: &[T], norm: T, quotient: &mut [T]) {
    let (above, below) = quotient.split_at_mut(v.len());
    for entry in below {
        *entry = T::zero();
    }
    let factor = norm.recip();
    if factor.is_normal() {
        for (entry, &value) in above.iter_mut().zip(v) {
            *entry = value * factor;
        }
    } else if norm > T::zero() {
        for (entry, &value) in above.iter_mut().zip(v) {
            *entry = value / norm;
        }
    } else {
        above.fill(T::zero());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use leastwise_core::norm::dot;
    use leastwise_faer::Faer;

    /// Columns and a residual of any size, the last column zero or not.
    fn draw(seed: u64, m: usize, n: usize) -> (Mat<f64>, Vec<f64>) {
        let mut state = seed;
        let mut draw = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            f64::from((state >> 40) as u32) / f64::from(1 << 24) - 0.5
        };
        let jacobian = Mat::from_fn(m, n, |_, j| {
            let size = 1e3f64.powi(i32::try_from(j).unwrap_or(0));
            if seed.is_multiple_of(2) && j + 1 == n {
                0.0
            } else {
                size * draw()
            }
        });
        let residual = (0..m).map(|_| 1e-5 * draw()).collect();
        (jacobian, residual)
    }

    #[test]
    fn blocks_give_the_triangle_of_the_whole() {
        let backend = Faer::default();
        for (seed, n) in [(1, 2), (2, 3), (3, 8), (4, 17)] {
            let m = TALL.div_ceil(n) + seed;
            let (jacobian, residual) = draw(seed as u64, m, n);
            let norms: Vec<f64> = (0..n).map(|j| euclidean(jacobian.col(j))).collect();
            let (mut whole, mut blocked) = (Factor::default(), Factor::default());
            let columns = (0..n).map(|j| jacobian.col(j));
            let whole = whole.triangularize(&backend, columns, norms.iter().copied(), &residual);
            let whole = whole.unwrap();
            let blocked = blocked.triangularize_tall(&backend, &jacobian, &norms, &residual);
            let similar = crate::power::are_similar(&norms);
            let Some(blocked) = blocked.unwrap() else {
                assert!(!similar, "{m}x{n}");
                continue;
            };
            assert!(similar, "{m}x{n}");
            assert_eq!(blocked.residual_norm, whole.residual_norm);
            // Both have a backward error of 30·√n·u, and columns of length 1.
            let bound = 4.0 * 30.0 * ((n + 1) as f64).sqrt() * f64::UNIT_ROUNDOFF;
            let gram = |of: &Factored<'_, f64>, i: usize, j: usize| {
                let rows = i.min(j) + 1;
                dot(&of.triangle.col(i)[..rows], &of.triangle.col(j)[..rows])
            };
            for i in 0..=n {
                for j in 0..=i.min(n - 1) {
                    let off = (gram(&whole, i, j) - gram(&blocked, i, j)).abs();
                    assert!(off <= bound, "{m}x{n}, {i}, {j}: {off:e} > {bound:e}");
                }
            }
        }
        let (few, residual) = draw(1, 1000, 3);
        let norms: Vec<f64> = (0..3).map(|j| euclidean(few.col(j))).collect();
        let mut factor = Factor::default();
        let outcome = factor.triangularize_tall(&backend, &few, &norms, &residual);
        assert!(outcome.unwrap().is_none());
    }
}
