//! The passes through the layers.

use leastwise_core::{MatMul, MatMut, MatRef, Result, Scalar};

use super::samples::Layout;

/// W_L, …, W₁ in one slice, or a direction in the same layout.
#[derive(Clone, Copy)]
pub(super) struct Weights<'s, 'a, T> {
    sizes: &'s [usize],
    data: &'a [T],
}

impl<'s, 'a, T: Scalar> Weights<'s, 'a, T> {
    /// `data` must have one entry per weight.
    pub(super) fn new(sizes: &'s [usize], data: &'a [T]) -> Self {
        Self { sizes, data }
    }

    /// The number of layers, L.
    fn depth(&self) -> usize {
        self.sizes.len() - 1
    }

    /// Wᵢ, 1 ≤ i ≤ L.
    pub(super) fn layer(&self, i: usize) -> Result<MatRef<'a, T>> {
        layer(self.sizes, self.data, i)
    }
}

/// Wᵢ of the weights in `data`.
pub(super) fn layer<'a, T>(sizes: &[usize], data: &'a [T], i: usize) -> Result<MatRef<'a, T>> {
    MatRef::from_col_major(&data[offset(sizes, i)..], sizes[i], sizes[i - 1])
}

/// The index at which Wᵢ begins. The layers above it come first.
fn offset(sizes: &[usize], i: usize) -> usize {
    sizes[i..].windows(2).map(|pair| pair[0] * pair[1]).sum()
}

/// A point at which a [`LinearNet`](super::LinearNet) was linearised: the weights, the activations, and the
/// work space of the products.
#[derive(Clone, Debug, Default)]
pub struct LinearNetPoint<T> {
    pub(super) weights: Vec<T>,
    pub(super) work: Work<T>,
    /// Storage for R in the layout of the net, if r has another layout.
    pub(super) residual: Vec<T>,
}

/// The activations Hᵢ = Wᵢ···W₁·X of the hidden layers, and two arrays of the size of the largest.
#[derive(Clone, Debug, Default)]
pub(super) struct Work<T> {
    activations: Activations<T>,
    current: Vec<T>,
    next: Vec<T>,
}

/// Hᵢ = Wᵢ···W₁·X.
#[derive(Clone, Debug, Default)]
struct Activations<T> {
    layout: Layout,
    /// The activations H₁, …, H_{L−1}, each hᵢ×s.
    hidden: Vec<Vec<T>>,
}

impl<T: Scalar> Activations<T> {
    /// Hᵢ, with H₀ = X.
    fn of<'a>(&'a self, sizes: &[usize], x: MatRef<'a, T>, i: usize) -> Result<MatRef<'a, T>> {
        if i == 0 {
            return Ok(x);
        }
        self.layout.view(&self.hidden[i - 1], sizes[i], x.cols())
    }
}

impl<T: Scalar> Work<T> {
    pub(super) fn reshape(&mut self, sizes: &[usize], samples: usize, layout: Layout) {
        self.activations.layout = layout;
        let m = sizes[sizes.len() - 1];
        let hidden = &sizes[1..sizes.len() - 1];
        let activations = &mut self.activations.hidden;
        activations.resize(hidden.len(), Vec::new());
        for (activation, size) in activations.iter_mut().zip(hidden) {
            activation.resize(size * samples, T::zero());
        }
        // The size of a tangent of an activation (hᵢ×s), or of a product of the layers above (m×hᵢ).
        let room = hidden.iter().max().map_or(0, |size| size * samples.max(m));
        self.current.resize(room, T::zero());
        self.next.resize(room, T::zero());
    }

    /// Whether the storage has the shape for such a net.
    pub(super) fn fits(&self, sizes: &[usize], samples: usize, layout: Layout) -> bool {
        let hidden = &sizes[1..sizes.len() - 1];
        let lengths = self.activations.hidden.iter().map(Vec::len);
        self.activations.layout == layout && lengths.eq(hidden.iter().map(|size| size * samples))
    }

    /// Computes H₁, …, H_{L−1}.
    pub(super) fn activate<B: MatMul<T> + ?Sized>(
        &mut self,
        backend: &B,
        weights: Weights<'_, '_, T>,
        x: MatRef<'_, T>,
    ) -> Result<()> {
        let (sizes, s) = (weights.sizes, x.cols());
        let Activations { layout, hidden } = &mut self.activations;
        let mut below = x;
        for (i, target) in (1..).zip(hidden) {
            let h = layout.view_mut(target, sizes[i], s)?;
            backend.matmul(T::one(), weights.layer(i)?, below, T::zero(), h)?;
            below = layout.view(target, sizes[i], s)?;
        }
        Ok(())
    }

    /// Computes H₁, …, H_{L−1}, and H_L = W_L···W₁·X in `output`.
    pub(super) fn forward<B: MatMul<T> + ?Sized>(
        &mut self,
        backend: &B,
        weights: Weights<'_, '_, T>,
        x: MatRef<'_, T>,
        output: &mut [T],
    ) -> Result<()> {
        self.activate(backend, weights, x)?;
        let (sizes, depth) = (weights.sizes, weights.depth());
        let below = self.activations.of(sizes, x, depth - 1)?;
        let h = self
            .activations
            .layout
            .view_mut(output, sizes[depth], x.cols())?;
        backend.matmul(T::one(), weights.layer(depth)?, below, T::zero(), h)
    }

    /// J·v by forward mode. Let V be the layers of `direction`. Then Ḣ₁ = V₁·X and Ḣᵢ = Wᵢ·Ḣᵢ₋₁ + Vᵢ·Hᵢ₋₁, up
    /// to Ḣ_L, which is `output`.
    pub(super) fn product<B: MatMul<T> + ?Sized>(
        &mut self,
        backend: &B,
        weights: Weights<'_, '_, T>,
        x: MatRef<'_, T>,
        direction: Weights<'_, '_, T>,
        output: &mut [T],
    ) -> Result<()> {
        let (sizes, depth, s) = (weights.sizes, weights.depth(), x.cols());
        let layout = self.activations.layout;
        for i in 1..=depth {
            let mut tangent = if i == depth {
                MatMut::from_col_major(&mut *output, sizes[i], s)?
            } else {
                layout.view_mut(&mut self.next, sizes[i], s)?
            };
            let below = self.activations.of(sizes, x, i - 1)?;
            let (w, v) = (weights.layer(i)?, direction.layer(i)?);
            backend.matmul(T::one(), v, below, T::zero(), tangent.reborrow())?;
            if i > 1 {
                let lower = layout.view(&self.current, sizes[i - 1], s)?;
                backend.matmul(T::one(), w, lower, T::one(), tangent)?;
            }
            std::mem::swap(&mut self.current, &mut self.next);
        }
        Ok(())
    }

    /// output ← Jᵀ·u + β·output by back-propagation. Let G_L = u (m×s) and Gᵢ₋₁ = Wᵢᵀ·Gᵢ. Then the part of Wᵢ
    /// is Gᵢ·Hᵢ₋₁ᵀ.
    pub(super) fn transposed_product<B: MatMul<T> + ?Sized>(
        &mut self,
        backend: &B,
        weights: Weights<'_, '_, T>,
        x: MatRef<'_, T>,
        u: MatRef<'_, T>,
        beta: T,
        output: &mut [T],
    ) -> Result<()> {
        let (sizes, depth, s) = (weights.sizes, weights.depth(), x.cols());
        let layout = self.activations.layout;
        for i in (1..=depth).rev() {
            let g = if i == depth {
                u
            } else {
                layout.view(&self.current, sizes[i], s)?
            };
            let below = self.activations.of(sizes, x, i - 1)?;
            let part = &mut output[offset(sizes, i)..];
            let part = MatMut::from_col_major(part, sizes[i], sizes[i - 1])?;
            backend.matmul(T::one(), g, below.transpose(), beta, part)?;
            if i > 1 {
                let lower = layout.view_mut(&mut self.next, sizes[i - 1], s)?;
                let w = weights.layer(i)?.transpose();
                backend.matmul(T::one(), w, g, T::zero(), lower)?;
                std::mem::swap(&mut self.current, &mut self.next);
            }
        }
        Ok(())
    }

    /// J, whose columns must be contiguous. The part of Wᵢ is Hᵢ₋₁ᵀ ⊗ Pᵢ, with P_L = I and Pᵢ₋₁ = Pᵢ·Wᵢ.
    pub(super) fn jacobian<B: MatMul<T> + ?Sized>(
        &mut self,
        backend: &B,
        weights: Weights<'_, '_, T>,
        x: MatRef<'_, T>,
        mut j: MatMut<'_, T>,
    ) -> Result<()> {
        let (sizes, depth) = (weights.sizes, weights.depth());
        let m = sizes[depth];
        for i in (1..=depth).rev() {
            let below = self.activations.of(sizes, x, i - 1)?;
            let mut column = offset(sizes, i)..;
            for q in 0..sizes[i - 1] {
                for (p, column) in (0..sizes[i]).zip(&mut column) {
                    let Some(column) = j.try_col_mut(column) else {
                        continue;
                    };
                    if i == depth {
                        fill_with_unit_vectors(column, m, p, below, q);
                    } else {
                        fill_with_multiples(column, &self.current[m * p..][..m], below, q);
                    }
                }
            }
            if i == 1 {
                break;
            }
            let product = m * sizes[i - 1];
            if i == depth {
                self.current[..product].copy_from_slice(&weights.data[..product]);
            } else {
                let above = MatRef::from_col_major(&self.current, m, sizes[i])?;
                let target = MatMut::from_col_major(&mut self.next, m, sizes[i - 1])?;
                backend.matmul(T::one(), above, weights.layer(i)?, T::zero(), target)?;
                std::mem::swap(&mut self.current, &mut self.next);
            }
        }
        Ok(())
    }
}

/// vec(e_p·h_q) for row h_q of an activation. It is written without a product, because 0·∞ is NaN.
fn fill_with_unit_vectors<T: Scalar>(
    column: &mut [T],
    m: usize,
    p: usize,
    h: MatRef<'_, T>,
    q: usize,
) {
    column.fill(T::zero());
    for_each_sample(column[p..].iter_mut().step_by(m), h, q, |entry, hc| {
        *entry = hc;
    });
}

/// vec(w·h_q) for row h_q of an activation.
fn fill_with_multiples<T: Scalar>(column: &mut [T], w: &[T], h: MatRef<'_, T>, q: usize) {
    for_each_sample(column.chunks_exact_mut(w.len()), h, q, |sample, hc| {
        for (entry, &wi) in sample.iter_mut().zip(w) {
            *entry = wi * hc;
        }
    });
}

/// Calls `f` with each entry of row q of h and its target. A contiguous row is read as a slice, because
/// access entry by entry takes longer than writing the target.
fn for_each_sample<T: Scalar, U>(
    targets: impl Iterator<Item = U>,
    h: MatRef<'_, T>,
    q: usize,
    mut write: impl FnMut(U, T),
) {
    match h.transpose().try_col(q) {
        Some(row) => targets.zip(row).for_each(|(target, &hc)| write(target, hc)),
        None => targets
            .enumerate()
            .for_each(|(c, target)| write(target, h[(q, c)])),
    }
}
