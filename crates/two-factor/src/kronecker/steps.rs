//! The formulas of the undamped and of the damped step, as the documentation of [`Kronecker`] derives them.

use leastwise_core::{Backend, Error, MatMut, MatRef, Result, Scalar};

use super::Kronecker;
use super::factor::ThinSvd;
use super::point::Point;
use super::products::{over_squares, product, scale_columns, weigh};
use super::work::Work;

impl<T: Scalar, B: Backend<T> + ?Sized> Kronecker<'_, T, B> {
    fn factorize_first(&mut self) -> Result<()> {
        if !self.is_first_current {
            self.first.factorize(self.backend, self.point.w1.as_ref())?;
            self.is_first_current = true;
        }
        Ok(())
    }

    /// Writes δW₁ and δŴ₂ of the undamped step to the work space.
    pub(super) fn undamped(&mut self) -> Result<()> {
        self.factorize_first()?;
        self.second
            .factorize(self.backend, self.point.w2.as_ref())?;
        let Self {
            backend,
            point,
            first,
            second,
            work,
            ..
        } = self;
        let (m, k, q) = (point.w1.rows(), point.w1.cols(), point.w2.cols());
        let default = T::of((m * q).max(k * (m + self.inputs.basis.rows())) as f64) * T::EPSILON;
        let threshold = self.rcond.unwrap_or(default) * first.largest().hypot(second.largest());
        let (r1, r2) = (first.rank(threshold), second.rank(threshold));
        self.last_rank = Some(m * r2 + r1 * q - r1 * r2);
        let (u1, v1) = (first.left(r1), first.right(r1));
        let (u2, v2) = (second.left(r2), second.right(r2));
        let (s1, s2) = (first.values(), second.values());
        work.project(*backend, &point.e, u1, v2)?;
        // What of E·V₂ is outside the range of W₁.
        if r1 == m || r2 == 0 {
            work.ev.data_mut().fill(T::zero());
        } else if r2 == q {
            backend.matmul(-T::one(), u1, work.n.as_ref(), -T::one(), work.ev.as_mut())?;
        } else {
            out_of_reach(
                *backend,
                point,
                &self.inputs.s,
                u1,
                v2,
                &mut self.third,
                work,
            )?;
        }
        scale_columns(&mut work.ev, |j| s2[j].recip());
        work.add_weighted(*backend, u1, |i, j| over_squares(s2[j], s1[i], s2[j]))?;
        product(*backend, work.ev.as_ref(), u2.transpose(), &mut work.step1)?;
        weigh(&work.n, &mut work.weighted, |i, j| {
            over_squares(s1[i], s1[i], s2[j])
        });
        product(
            *backend,
            work.weighted.as_ref(),
            v2.transpose(),
            &mut work.inner,
        )?;
        if r2 < q {
            // −U₁ᵀ·E·(I − V₂V₂ᵀ)
            let coefficients = &mut work.coefficients;
            product(*backend, u1.transpose(), point.e.as_ref(), coefficients)?;
            let n = work.n.as_ref();
            backend.matmul(
                -T::one(),
                n,
                v2.transpose(),
                -T::one(),
                coefficients.as_mut(),
            )?;
            for (inner, column) in (0..q).map(|j| (j, coefficients.col(j))) {
                let entries = work.inner.col_mut(inner).iter_mut().zip(column);
                entries.zip(s1).for_each(|((t, &c), &s)| *t += c / s);
            }
        }
        product(*backend, v1, work.inner.as_ref(), &mut work.step2)
    }

    /// Writes δW₁ and δŴ₂ of the step with damping λ to the work space.
    pub(super) fn damped(&mut self, lambda: T) -> Result<()> {
        self.factorize_first()?;
        let Self {
            backend,
            inputs,
            point,
            first,
            third,
            work,
            ..
        } = self;
        let (k, q) = (point.w2.rows(), point.w2.cols());
        let root = lambda.sqrt();
        work.stacked.reshape_for_overwrite(k + q, q);
        for (j, &s) in inputs.s.iter().enumerate() {
            let (above, below) = work.stacked.col_mut(j).split_at_mut(k);
            above.copy_from_slice(point.w2.col(j));
            below.fill(T::zero());
            below[j] = root / s;
        }
        third.factorize_right(*backend, work.stacked.as_ref())?;
        let (sigma, t) = (third.values(), third.right(q));
        let s1 = first.values();
        let (u1, v1) = (first.left(s1.len()), first.right(s1.len()));
        work.project(*backend, &point.e, u1, t)?;
        // −(I − U₁U₁ᵀ)·E·T, which is zero if W₁ has full row rank.
        backend.matmul(-T::one(), u1, work.n.as_ref(), -T::one(), work.ev.as_mut())?;
        scale_columns(&mut work.ev, |j| sigma[j].recip() / sigma[j]);
        work.add_weighted(*backend, u1, |i, j| over_squares(T::one(), s1[i], sigma[j]))?;
        product(*backend, point.w2.as_ref(), t, &mut work.outer)?;
        product(
            *backend,
            work.ev.as_ref(),
            work.outer.as_ref().transpose(),
            &mut work.step1,
        )?;
        for j in 0..q {
            let entries = work.weighted.col_mut(j).iter_mut().zip(s1);
            entries.for_each(|(entry, &s)| *entry *= s);
        }
        product(
            *backend,
            work.weighted.as_ref(),
            t.transpose(),
            &mut work.inner,
        )?;
        product(*backend, v1, work.inner.as_ref(), &mut work.step2)
    }

    /// δW₁ and δŴ₂·Qᵀ as one vector.
    pub(super) fn write_step(&self, delta: &mut [T]) -> Result<()> {
        let (step1, step2) = (&self.work.step1, self.work.step2.as_ref());
        let (delta1, delta2) = delta.split_at_mut(step1.data().len());
        delta1.copy_from_slice(step1.data());
        let basis = self.inputs.basis.as_ref();
        let delta2 = MatMut::from_col_major(delta2, step2.rows(), basis.rows())?;
        self.backend
            .matmul(T::one(), step2, basis.transpose(), T::zero(), delta2)?;
        if delta.iter().all(|d| d.is_finite()) {
            return Ok(());
        }
        Err(Error::Overflow {
            operation: "Kronecker",
            result: "an entry of the step".to_owned(),
            scalar: T::NAME,
        })
    }
}

/// Writes to `work.ev` the D that minimises ‖D·V₂ᵀS + (I − U₁U₁ᵀ)·F‖_F. It uses the decomposition of S·V₂,
/// which has full column rank.
fn out_of_reach<T: Scalar, B: Backend<T> + ?Sized>(
    backend: &B,
    point: &Point<T>,
    s: &[T],
    u1: MatRef<'_, T>,
    v2: MatRef<'_, T>,
    third: &mut ThinSvd<T>,
    work: &mut Work<T>,
) -> Result<()> {
    let r2 = v2.cols();
    let f = point.f.as_ref();
    product(backend, u1.transpose(), f, &mut work.inner)?;
    work.outer.reshape_for_overwrite(f.rows(), f.cols());
    work.outer.data_mut().copy_from_slice(point.f.data());
    backend.matmul(
        -T::one(),
        u1,
        work.inner.as_ref(),
        T::one(),
        work.outer.as_mut(),
    )?;
    work.stacked.reshape_for_overwrite(v2.rows(), r2);
    work.stacked.as_mut().copy_from(v2)?;
    for j in 0..r2 {
        let entries = work.stacked.col_mut(j).iter_mut().zip(s);
        entries.for_each(|(entry, &s)| *entry *= s);
    }
    third.factorize(backend, work.stacked.as_ref())?;
    let values = third.values();
    product(
        backend,
        work.outer.as_ref(),
        third.left(r2),
        &mut work.weighted,
    )?;
    scale_columns(&mut work.weighted, |j| -values[j].recip());
    let right = third.right(r2).transpose();
    product(backend, work.weighted.as_ref(), right, &mut work.ev)
}
