//! Householder QR built on faer's kernels. It never skips a column, as faer's own driver does.
//!
//! `faer::linalg::qr::no_pivoting` (0.24.4) skips a column if its remaining norm is at most 16·(m −
//! row)·ε times the norm of the column. For tall matrices, this drops far more than rounding
//! errors: with m = 10⁴ in f32, two columns that differ by 1 % count as one. Here every column gets
//! its reflector. This makes Householder QR backward stable for every rank (Higham, *Accuracy and
//! Stability of Numerical Algorithms*, 2nd ed., Theorem 19.4).
//!
//! The columns of a block are halved recursively (E. Elmroth, F. Gustavson, *Applying recursion to
//! serial and parallel QR factorization*, IBM J. Res. Dev. 44 (2000)), so that nearly all work is
//! done by faer's matrix products. A block is I − V·T⁻¹·Vᵀ with V unit lower trapezoidal, the
//! strict upper triangle of T that of VᵀV and its diagonal ½·diag(VᵀV), as faer stores it.

use std::mem::MaybeUninit;

use faer::dyn_stack::{MemBuffer, MemStack, StackReq};
use faer::linalg::householder::{
    apply_block_householder_sequence_on_the_left_in_place_with_conj as apply_q,
    apply_block_householder_sequence_transpose_on_the_left_in_place_with_conj as apply_qt,
    apply_block_householder_transpose_on_the_left_in_place_with_conj as apply_block_transpose,
    make_householder_in_place,
};
use faer::linalg::matmul::matmul;
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::linalg::temp_mat_scratch;
use faer::prelude::{Reborrow, ReborrowMut};
use faer::{Accum, ColRef, Conj, MatMut, MatRef, Par};

use crate::convert::AdapterScalar;

/// Columns of a panel that is factorised by vector operations. For fewer columns, the products of
/// the recursion are too small to be worth their calls.
const PANEL: usize = 8;

/// Columns that share one T. Wider blocks cost n·T of extra work, narrower ones smaller products.
const BLOCK: usize = 16;

/// Up to this number of entries, each reflector is a block of its own. For such matrices, products
/// with T cost more than they save (two fifths of the instructions at 4×4, a fifth at 32×32), and
/// the matrix stays in the nearest cache.
const UNBLOCKED: usize = 1024;

/// A = Q·R in compact form: R above, the reflectors below the diagonal.
pub(crate) struct Factors<T: AdapterScalar> {
    /// Column-major, rows × cols.
    pub(crate) packed: leastwise_core::Mat<T>,
    t: faer::Mat<T>,
    par: Par,
}

impl<T: AdapterScalar> Factors<T> {
    /// Factorises `a`, rows ≥ cols ≥ 1, in its own storage.
    pub(crate) fn new(mut a: leastwise_core::Mat<T>, par: Par) -> Self {
        let mut t = faer::Mat::zeros(block_size(a.rows(), a.cols()), a.cols());
        let mut buffer = MemBuffer::new(scratch::<T>(a.rows(), a.cols()));
        factorize(
            crate::convert::to_faer_mut(a.as_mut()),
            t.as_mut(),
            par,
            MemStack::new(&mut buffer),
        );
        Self { packed: a, t, par }
    }

    /// B ← Qᵀ·B.
    pub(crate) fn apply_transpose(&self, b: MatMut<'_, T>) {
        let mut buffer = self.scratch(b.ncols());
        let packed = crate::convert::to_faer(self.packed.as_ref());
        apply_qt(
            packed,
            self.t.as_ref(),
            Conj::No,
            b,
            self.par,
            MemStack::new(&mut buffer),
        );
    }

    /// B ← Q·B.
    pub(crate) fn apply(&self, b: MatMut<'_, T>) {
        let mut buffer = self.scratch(b.ncols());
        let packed = crate::convert::to_faer(self.packed.as_ref());
        apply_q(
            packed,
            self.t.as_ref(),
            Conj::No,
            b,
            self.par,
            MemStack::new(&mut buffer),
        );
    }

    fn scratch(&self, columns: usize) -> MemBuffer {
        MemBuffer::new(temp_mat_scratch::<T>(self.t.nrows(), columns))
    }
}

/// Columns that share one T, the rows of the T that [`factorize`] is given.
pub(crate) fn block_size(rows: usize, cols: usize) -> usize {
    if rows * cols <= UNBLOCKED {
        1
    } else {
        BLOCK.min(cols)
    }
}

/// The same for a block of rows, which stays in the nearest caches.
pub(crate) fn block_size_of_stack(cols: usize) -> usize {
    if cols <= PANEL { 1 } else { BLOCK.min(cols) }
}

/// The space that [`factorize`] needs on its stack.
pub(crate) fn scratch<T: AdapterScalar>(rows: usize, cols: usize) -> StackReq {
    temp_mat_scratch::<T>(block_size(rows, cols), cols)
}

/// Overwrites `a`, rows ≥ cols ≥ 1, by R and the reflectors, and `t` by their T. If `t` has fewer
/// columns than `a`, the other columns of `a` are only multiplied by Qᵀ.
pub(crate) fn factorize<T: AdapterScalar>(
    mut a: MatMut<'_, T>,
    mut t: MatMut<'_, T>,
    par: Par,
    stack: &mut MemStack,
) {
    let n = t.ncols();
    if t.nrows() == 1 {
        return factorize_unblocked(a, t, par, stack);
    }
    for start in (0..n).step_by(t.nrows()) {
        let width = t.nrows().min(n - start);
        let mut t = t.rb_mut().submatrix_mut(0, start, width, width);
        let below = a.rb_mut().get_mut(start.., start..);
        let (mut block, rest) = below.split_at_col_mut(width);
        factorize_block(block.rb_mut(), t.rb_mut(), par, stack);
        if rest.ncols() > 0 {
            apply_block_transpose(block.rb(), t.rb(), Conj::No, rest, par, stack);
        }
    }
}

fn factorize_block<T: AdapterScalar>(
    mut a: MatMut<'_, T>,
    mut t: MatMut<'_, T>,
    par: Par,
    stack: &mut MemStack,
) {
    let n = a.ncols();
    if n <= PANEL {
        return factorize_panel(a, t, par, stack);
    }
    let half = n / 2;
    let (mut left, mut right) = a.rb_mut().split_at_col_mut(half);
    factorize_block(
        left.rb_mut(),
        t.rb_mut().submatrix_mut(0, 0, half, half),
        par,
        stack,
    );
    let t_left = t.rb().submatrix(0, 0, half, half);
    apply_block_transpose(left.rb(), t_left, Conj::No, right.rb_mut(), par, stack);

    let below = n - half;
    let mut v_right = right.get_mut(half.., ..);
    factorize_block(
        v_right.rb_mut(),
        t.rb_mut().submatrix_mut(half, half, below, below),
        par,
        stack,
    );

    // V_leftᵀ·V_right, whose rows above `half` are zero in V_right.
    let v_left = left.rb().get(half.., ..);
    let mut t_cross = t.submatrix_mut(0, half, half, below);
    triangular::matmul(
        t_cross.rb_mut(),
        BlockStructure::Rectangular,
        Accum::Replace,
        v_left.get(..below, ..).transpose(),
        BlockStructure::Rectangular,
        v_right.rb().get(..below, ..),
        BlockStructure::UnitTriangularLower,
        T::of(1.0),
        par,
    );
    matmul(
        t_cross,
        Accum::Add,
        v_left.get(below.., ..).transpose(),
        v_right.rb().get(below.., ..),
        T::of(1.0),
        par,
    );
}

/// Columns that share one T, by vector operations.
fn factorize_panel<T: AdapterScalar>(
    mut a: MatMut<'_, T>,
    mut t: MatMut<'_, T>,
    par: Par,
    stack: &mut MemStack,
) {
    reflect(a.rb_mut(), t.ncols(), |k, tau| t[(k, k)] = tau, par, stack);
    for k in 1..a.ncols() {
        for i in 0..k {
            let v_i = a.rb().col(i).get(k..);
            let v_k = a.rb().col(k).get(k + 1..);
            t[(i, k)] = v_i[0] + inner_prod(v_i.get(1..), v_k);
        }
    }
}

/// One reflector after the other, each with a T of its own.
fn factorize_unblocked<T: AdapterScalar>(
    a: MatMut<'_, T>,
    mut t: MatMut<'_, T>,
    par: Par,
    stack: &mut MemStack,
) {
    reflect(a, t.ncols(), |k, tau| t[(0, k)] = tau, par, stack);
}

/// Overwrites the first `count` columns of `a`, which has at least as many rows, by R and the reflectors, and multiplies the
/// others by Qᵀ. It allocates nothing, so it is meant for small matrices.
pub(crate) fn triangularize_unblocked<T: AdapterScalar>(a: MatMut<'_, T>, count: usize, par: Par) {
    // UNBLOCKED entries have at most its square root of columns, and each column has one row, aligned to 64 bytes.
    let mut few = [MaybeUninit::uninit(); 33 * 64];
    reflect(a, count, |_, _| (), par, MemStack::new(&mut few));
}

/// The first `count` reflectors, one after the other: I − v·vᵀ/τ with v₀ = 1. `keep` gets each τ with its column.
///
/// A reflector is applied as a block of one column. faer then runs its own loop, which uses the
/// widest vectors and fused multiply-add. A loop in this file would be compiled without them.
fn reflect<T: AdapterScalar>(
    mut a: MatMut<'_, T>,
    count: usize,
    mut keep: impl FnMut(usize, T),
    par: Par,
    stack: &mut MemStack,
) {
    for k in 0..count {
        let (done, rest) = a.rb_mut().get_mut(k.., ..).split_at_col_mut(k + 1);
        let mut v = done.get_mut(.., k..);
        let (mut head, tail) = v.rb_mut().col_mut(0).split_at_row_mut(1);
        let tau = make_householder_in_place(&mut head[0], tail).tau;
        keep(k, tau);
        // Calls without work would cost a fifth of the instructions of a small factorisation.
        if rest.ncols() > 0 {
            let tau = MatRef::from_ref(&tau);
            apply_block_transpose(v.rb(), tau, Conj::No, rest, par, stack);
        }
    }
}

fn inner_prod<T: AdapterScalar>(x: ColRef<'_, T>, y: ColRef<'_, T>) -> T {
    faer::linalg::matmul::dot::inner_prod(x.transpose(), Conj::No, y, Conj::No)
}
