//! Operations on whole columns. Each call chooses the instruction set.

#![expect(
    clippy::inline_always,
    reason = "a function that is not inlined is compiled without these instructions"
)]

use std::array::from_fn;

use leastwise_core::{MatMut, MatRef};
use pulp::{Simd, WithSimd};

use crate::simd::{Real, dots, run, update};

/// Rows of a product that are computed at a time, so that they stay in the nearest cache.
const ROWS: usize = 512;

/// Columns that are combined at a time.
const WIDTH: usize = 4;

/// xᵀy.
pub(crate) fn dot<R: Real>(x: &[R], y: &[R]) -> R {
    struct Dot<'x, R>(&'x [R], &'x [R]);
    impl<R: Real> WithSimd for Dot<'_, R> {
        type Output = R;

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) -> R {
            dots::<S, R, 1, 1, 4>(simd, [self.0], [self.1])[0][0]
        }
    }
    run(Dot(x, y))
}

/// y ← y + alpha·x.
pub(crate) fn axpy<R: Real>(alpha: R, x: &[R], y: &mut [R]) {
    struct Axpy<'x, R>(R, &'x [R], &'x mut [R]);
    impl<R: Real> WithSimd for Axpy<'_, R> {
        type Output = ();

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            update(simd, [self.1], [[self.0]], [self.2]);
        }
    }
    run(Axpy(alpha, x, y));
}

/// Applies I − τ·v·vᵀ to each of the columns of `stride` entries, in their rows from `from` on.
pub(crate) fn apply_reflector<R: Real>(
    tau: R,
    v: &[R],
    columns: &mut [R],
    stride: usize,
    from: usize,
) {
    struct Apply<'x, R> {
        tau: R,
        v: &'x [R],
        columns: &'x mut [R],
        stride: usize,
        from: usize,
    }
    impl<R: Real> WithSimd for Apply<'_, R> {
        type Output = ();

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            let Self {
                tau,
                v,
                columns,
                stride,
                from,
            } = self;
            let mut columns = columns.chunks_exact_mut(stride);
            while columns.len() >= WIDTH {
                let mut group: [&mut [R]; WIDTH] =
                    from_fn(|_| &mut columns.next().expect("there are four columns")[from..]);
                let mut shared: [&[R]; WIDTH] = [v; WIDTH];
                for j in 0..WIDTH {
                    shared[j] = &*group[j];
                }
                let mut w = dots::<S, R, 1, WIDTH, 2>(simd, [v], shared);
                w[0].iter_mut().for_each(|w| *w *= -tau);
                update(simd, [v], w, group.each_mut().map(|column| &mut **column));
            }
            for column in columns {
                let column = &mut column[from..];
                let [[w]] = dots::<S, R, 1, 1, 4>(simd, [v], [&*column]);
                update(simd, [v], [[-tau * w]], [column]);
            }
        }
    }
    run(Apply {
        tau,
        v,
        columns,
        stride,
        from,
    });
}

/// C ← C + alpha·A·B, where the columns of A and C are contiguous.
pub(crate) fn add_product<R: Real>(alpha: R, a: MatRef<'_, R>, b: MatRef<'_, R>, c: MatMut<'_, R>) {
    struct Product<'x, R> {
        alpha: R,
        a: MatRef<'x, R>,
        b: MatRef<'x, R>,
        c: MatMut<'x, R>,
    }
    impl<R: Real> WithSimd for Product<'_, R> {
        type Output = ();

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            let Self { alpha, a, b, c } = self;
            let (rows, cols, inner) = (c.rows(), c.cols(), a.cols());
            let stride = c.col_stride().max(rows);
            let data = c.into_data();
            for from in (0..rows).step_by(ROWS) {
                let count = ROWS.min(rows - from);
                let column = |k: usize| &a.data()[k * a.col_stride() + from..][..count];
                for k in (0..inner).step_by(WIDTH) {
                    let width = WIDTH.min(inner - k);
                    let mut targets = data.chunks_mut(stride).take(cols).enumerate();
                    while let Some((j, first)) = targets.next() {
                        let first = &mut first[from..from + count];
                        let factor = |i: usize, j: usize| alpha * b[(k + i, j)];
                        if width < WIDTH {
                            for i in 0..width {
                                update(simd, [column(k + i)], [[factor(i, j)]], [&mut *first]);
                            }
                            continue;
                        }
                        let v: [&[R]; WIDTH] = from_fn(|i| column(k + i));
                        if let Some((_, second)) = targets.next() {
                            let second = &mut second[from..from + count];
                            let w = from_fn(|i| [factor(i, j), factor(i, j + 1)]);
                            update(simd, v, w, [first, second]);
                        } else {
                            update(simd, v, from_fn(|i| [factor(i, j)]), [first]);
                        }
                    }
                }
            }
        }
    }
    run(Product { alpha, a, b, c });
}

/// (x, y) ← (c·x − s·y, s·x + c·y).
pub(crate) fn rotate<R: Real>(x: &mut [R], y: &mut [R], c: R, s: R) {
    struct Rotate<'x, R>(&'x mut [R], &'x mut [R], R, R);
    impl<R: Real> WithSimd for Rotate<'_, R> {
        type Output = ();

        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) {
            let Self(x, y, c, s) = self;
            for (x, y) in x.iter_mut().zip(y) {
                (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
            }
        }
    }
    run(Rotate(x, y, c, s));
}
