//! Householder QR of a triangle over a block of rows.
//!
//! Reflector k does not change the zeros of the triangle. It changes row k of \[R C\] and the block only:
//! with α = R_kk and v = B_{:,k}, σ = ‖v‖, β = −sign(α)·√(α² + σ²), τ = (β − α)/β and
//! v ← v/(α − β), R_kk becomes β, and for every later column j, w = τ·(R_kj + vᵀB_{:,j}),
//! R_kj ← R_kj − w and B_{:,j} ← B_{:,j} − w·v. There is nothing to do if σ = 0.
//!
//! Columns are reduced in panels of [`WIDTH`]. All reflectors of the panels to the left are first
//! applied to a panel, [`WIDTH`] of them at a time, so that they are read and not written, and the
//! panel stays in the nearest cache. The product of such a group is I − V·T·Vᵀ. Only the products
//! vᵢᵀvⱼ are kept, from which Tᵀ·w follows by substitution.
//!
//! Source: R. Schreiber, C. Van Loan, *A storage-efficient WY representation for products of
//! Householder transformations*, SIAM J. Sci. Stat. Comput. 10 (1989); for a triangle over a block,
//! LAPACK's xTPQRT.

#![expect(
    clippy::inline_always,
    reason = "a function that is not inlined is compiled without these instructions"
)]

use std::array::from_fn;

use leastwise_core::Stack;
use pulp::{Simd, WithSimd};

use crate::simd::{Real, dots, run, scale_and_update, update};

/// Columns of a panel. Its products with as many columns of another panel fill the registers.
const WIDTH: usize = 4;

/// The τ of the reflectors of a panel, and their products: `products[i][j]` is vᵢᵀvⱼ for i < j.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Panel<R> {
    tau: [R; WIDTH],
    products: [[R; WIDTH]; WIDTH],
}

/// Reduces the stack. `panels` is work space.
pub(crate) fn reduce<R: Real>(stack: &mut Stack<R>, panels: &mut Vec<Panel<R>>) {
    let (n, rows) = (stack.n(), stack.rows());
    panels.clear();
    let (columns, stride) = stack.columns_mut();
    run(Reduce {
        columns,
        stride,
        n,
        rows,
        panels,
    });
    stack.measure_outside();
}

struct Reduce<'s, R> {
    /// Chunks of `stride` entries: n of the triangle, `rows` of the block, padding.
    columns: &'s mut [R],
    stride: usize,
    n: usize,
    rows: usize,
    panels: &'s mut Vec<Panel<R>>,
}

impl<R: Real> WithSimd for Reduce<'_, R> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let count = self.columns.len() / self.stride;
        for start in (0..count).step_by(WIDTH) {
            match count - start {
                1 => self.panel::<S, 1>(simd, start),
                2 => self.panel::<S, 2>(simd, start),
                3 => self.panel::<S, 3>(simd, start),
                _ => self.panel::<S, WIDTH>(simd, start),
            }
        }
    }
}

/// A column: its rows of the triangle, and those of the block.
type Column<'s, R> = (&'s mut [R], &'s mut [R]);

impl<R: Real> Reduce<'_, R> {
    /// Reduces the columns from `start` on, of which `C` form a panel.
    #[inline(always)]
    fn panel<S: Simd, const C: usize>(&mut self, simd: S, start: usize) {
        let (n, rows, stride) = (self.n, self.rows, self.stride);
        let (done, rest) = self.columns.split_at_mut(start * stride);
        let mut rest = rest.chunks_exact_mut(stride);
        let mut columns: [Column<'_, R>; C] = from_fn(|_| {
            let column = rest.next().expect("the panel has C columns");
            column[..n + rows].split_at_mut(n)
        });
        for (q, panel) in self.panels.iter().enumerate() {
            let from = q * WIDTH;
            let v = |k: usize| &done[(from + k) * stride + n..][..rows];
            if from + WIDTH <= n {
                let v: [&[R]; WIDTH] = from_fn(v);
                apply(simd, from, v, panel.tau, panel.products, &mut columns);
            } else {
                for k in 0..n - from {
                    let tau = [panel.tau[k]];
                    apply(simd, from + k, [v(k)], tau, [[R::zero()]], &mut columns);
                }
            }
        }
        if start >= n {
            return;
        }
        let mut panel = Panel {
            tau: [R::zero(); WIDTH],
            products: [[R::zero(); WIDTH]; WIDTH],
        };
        for k in 0..C.min(n - start) {
            reflect(simd, start, k, &mut panel, &mut columns);
        }
        self.panels.push(panel);
    }
}

/// Applies V reflectors, whose heads are the rows from `row` on, to C columns.
#[inline(always)]
fn apply<S: Simd, R: Real, const V: usize, const C: usize>(
    simd: S,
    row: usize,
    v: [&[R]; V],
    tau: [R; V],
    products: [[R; V]; V],
    columns: &mut [Column<'_, R>; C],
) {
    if V * C > 8 && S::REGISTER_COUNT < 32 {
        // Sixteen sums do not fit into the registers, so two columns are changed at a time.
        let (left, right) = columns.split_at_mut(2);
        for pair in [left, right] {
            match pair {
                [first, second] => apply_few(simd, row, v, tau, products, [first, second]),
                [only] => apply_few(simd, row, v, tau, products, [only]),
                _ => (),
            }
        }
    } else {
        apply_few(simd, row, v, tau, products, columns.each_mut());
    }
}

#[inline(always)]
fn apply_few<S: Simd, R: Real, const V: usize, const C: usize>(
    simd: S,
    row: usize,
    v: [&[R]; V],
    tau: [R; V],
    products: [[R; V]; V],
    columns: [&mut Column<'_, R>; C],
) {
    let mut blocks: [&[R]; C] = [v[0]; C];
    for j in 0..C {
        blocks[j] = &*columns[j].1;
    }
    let mut w = dots::<S, R, V, C, 1>(simd, v, blocks);
    let mut targets: [&mut [R]; C] = from_fn(|_| Default::default());
    for (j, (top, block)) in columns.into_iter().enumerate() {
        let top = &mut top[row..row + V];
        for i in 0..V {
            let mut wi = w[i][j] + top[i];
            for l in 0..i {
                // w[l] already has the opposite sign.
                wi += products[l][i] * w[l][j];
            }
            w[i][j] = -tau[i] * wi;
            top[i] += w[i][j];
        }
        targets[j] = block;
    }
    update(simd, v, w, targets);
}

/// Makes the reflector of column k of a panel, and applies it to the columns on its right.
#[inline(always)]
fn reflect<S: Simd, R: Real, const C: usize>(
    simd: S,
    start: usize,
    k: usize,
    panel: &mut Panel<R>,
    columns: &mut [Column<'_, R>; C],
) {
    let mut products = products_with(simd, k, columns);
    let mut alpha = columns[k].0[start + k];
    // Smaller squares have lost digits.
    let tiny = R::min_positive_value() / (R::EPSILON * R::EPSILON);
    let mut scale_back = R::one();
    while alpha * alpha + products[k] < tiny {
        let block = &mut columns[k].1;
        if block.iter().all(|&x| x == R::zero()) {
            return;
        }
        let factor = R::min_positive_value().sqrt().recip();
        block.iter_mut().for_each(|x| *x *= factor);
        alpha *= factor;
        scale_back /= factor;
        products = products_with(simd, k, columns);
    }
    if products[k] == R::zero() {
        return;
    }
    let length = (alpha * alpha + products[k]).sqrt();
    let beta = if alpha < R::zero() { length } else { -length };
    let tau = (beta - alpha) / beta;
    let scale = (alpha - beta).recip();
    panel.tau[k] = tau;
    for (i, row) in panel.products[..k].iter_mut().enumerate() {
        row[k] = scale * products[i];
    }
    columns[k].0[start + k] = beta * scale_back;
    let mut w = [R::zero(); C];
    for (j, (top, _)) in columns.iter_mut().enumerate().skip(k + 1) {
        let entry = &mut top[start + k];
        w[j] = -tau * (*entry + scale * products[j]);
        *entry += w[j];
    }
    let (left, right) = columns.split_at_mut(k + 1);
    let v = &mut *left[k].1;
    match right {
        [] => scale_and_update(simd, scale, v, [], []),
        [a] => scale_and_update(simd, scale, v, [w[k + 1]], [&mut *a.1]),
        [a, b] => {
            let w = [w[k + 1], w[k + 2]];
            scale_and_update(simd, scale, v, w, [&mut *a.1, &mut *b.1]);
        }
        [a, b, c, ..] => {
            let w = [w[k + 1], w[k + 2], w[k + 3]];
            scale_and_update(simd, scale, v, w, [&mut *a.1, &mut *b.1, &mut *c.1]);
        }
    }
}

/// The products of the block part of column k with those of all columns of the panel.
#[inline(always)]
fn products_with<S: Simd, R: Real, const C: usize>(
    simd: S,
    k: usize,
    columns: &[Column<'_, R>; C],
) -> [R; C] {
    let v: &[R] = &*columns[k].1;
    let mut blocks: [&[R]; C] = [v; C];
    for j in 0..C {
        blocks[j] = &*columns[j].1;
    }
    let [products] = dots::<S, R, 1, C, 2>(simd, [v], blocks);
    products
}
