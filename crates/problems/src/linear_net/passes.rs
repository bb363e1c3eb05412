//! The passes through the layers.

use leastwise_core::{MatMul, MatMut, MatRef, Result, Scalar};

/// W_L, …, W₁ in one slice, or a direction of the same layout.
#[derive(Clone, Copy)]
pub(super) struct Weights<'a, T> {
    sizes: &'a [usize],
    data: &'a [T],
}

impl<'a, T: Scalar> Weights<'a, T> {
    /// `data` must have an entry for every weight.
    pub(super) fn new(sizes: &'a [usize], data: &'a [T]) -> Self {
        Self { sizes, data }
    }

    /// L
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

/// Where Wᵢ begins: the layers above it come first.
fn offset(sizes: &[usize], i: usize) -> usize {
    sizes[i..].windows(2).map(|pair| pair[0] * pair[1]).sum()
}

/// A point at which a [`LinearNet`](super::LinearNet) was linearised: the weights, the activations
/// and the work space of the products.
#[derive(Clone, Debug, Default)]
pub struct LinearNetPoint<T> {
    pub(super) weights: Vec<T>,
    pub(super) work: Work<T>,
}

/// The activations Hᵢ = Wᵢ···W₁·X of the hidden layers, and room for two more of the largest.
#[derive(Clone, Debug, Default)]
pub(super) struct Work<T> {
    /// H₁, …, H_{L−1}, each hᵢ×s.
    activations: Vec<Vec<T>>,
    current: Vec<T>,
    next: Vec<T>,
}

impl<T: Scalar> Work<T> {
    pub(super) fn reshape(&mut self, sizes: &[usize], samples: usize) {
        let m = sizes[sizes.len() - 1];
        let hidden = &sizes[1..sizes.len() - 1];
        self.activations.resize(hidden.len(), Vec::new());
        for (activation, size) in self.activations.iter_mut().zip(hidden) {
            activation.resize(size * samples, T::zero());
        }
        // A tangent of an activation (hᵢ×s) or a product above (m×hᵢ).
        let room = hidden.iter().max().map_or(0, |size| size * samples.max(m));
        self.current.resize(room, T::zero());
        self.next.resize(room, T::zero());
    }

    /// Whether this was reshaped for such a net.
    pub(super) fn fits(&self, sizes: &[usize], samples: usize) -> bool {
        let hidden = &sizes[1..sizes.len() - 1];
        let lengths = self.activations.iter().map(Vec::len);
        lengths.eq(hidden.iter().map(|size| size * samples))
    }

    /// H₁, …, H_{L−1}, and H_L = W_L···W₁·X in `output`.
    pub(super) fn forward<B: MatMul<T> + ?Sized>(
        &mut self,
        backend: &B,
        weights: Weights<'_, T>,
        x: MatRef<'_, T>,
        output: &mut [T],
    ) -> Result<()> {
        let (sizes, s) = (weights.sizes, x.cols());
        let mut below = x;
        let targets = self.activations.iter_mut().map(Vec::as_mut_slice);
        for (i, target) in (1..).zip(targets.chain([output])) {
            let h = MatMut::from_col_major(target, sizes[i], s)?;
            backend.matmul(T::one(), weights.layer(i)?, below, T::zero(), h)?;
            below = MatRef::from_col_major(target, sizes[i], s)?;
        }
        Ok(())
    }

    /// J·v by forward mode: with V the layers of `direction`, Ḣ₁ = V₁·X and
    /// Ḣᵢ = Wᵢ·Ḣᵢ₋₁ + Vᵢ·Hᵢ₋₁ up to Ḣ_L, which is `output`.
    pub(super) fn product<B: MatMul<T> + ?Sized>(
        &mut self,
        backend: &B,
        weights: Weights<'_, T>,
        x: MatRef<'_, T>,
        direction: Weights<'_, T>,
        output: &mut [T],
    ) -> Result<()> {
        let (sizes, depth, s) = (weights.sizes, weights.depth(), x.cols());
        let Self {
            activations,
            current,
            next,
        } = self;
        for i in 1..=depth {
            let target = if i == depth {
                &mut *output
            } else {
                next.as_mut_slice()
            };
            let mut tangent = MatMut::from_col_major(target, sizes[i], s)?;
            let below = activation(activations, sizes, x, i - 1)?;
            let (w, v) = (weights.layer(i)?, direction.layer(i)?);
            backend.matmul(T::one(), v, below, T::zero(), tangent.reborrow())?;
            if i > 1 {
                let lower = MatRef::from_col_major(current, sizes[i - 1], s)?;
                backend.matmul(T::one(), w, lower, T::one(), tangent)?;
            }
            std::mem::swap(current, next);
        }
        Ok(())
    }

    /// Jᵀ·u by back-propagation: with G_L the m×s matrix of `u` and Gᵢ₋₁ = Wᵢᵀ·Gᵢ, the part of Wᵢ
    /// is Gᵢ·Hᵢ₋₁ᵀ.
    pub(super) fn transposed_product<B: MatMul<T> + ?Sized>(
        &mut self,
        backend: &B,
        weights: Weights<'_, T>,
        x: MatRef<'_, T>,
        u: &[T],
        output: &mut [T],
    ) -> Result<()> {
        let (sizes, depth, s) = (weights.sizes, weights.depth(), x.cols());
        let Self {
            activations,
            current,
            next,
        } = self;
        for i in (1..=depth).rev() {
            let source = if i == depth { u } else { current.as_slice() };
            let g = MatRef::from_col_major(source, sizes[i], s)?;
            let below = activation(activations, sizes, x, i - 1)?;
            let part = &mut output[offset(sizes, i)..];
            let part = MatMut::from_col_major(part, sizes[i], sizes[i - 1])?;
            backend.matmul(T::one(), g, below.transpose(), T::zero(), part)?;
            if i > 1 {
                let lower = MatMut::from_col_major(next, sizes[i - 1], s)?;
                let w = weights.layer(i)?.transpose();
                backend.matmul(T::one(), w, g, T::zero(), lower)?;
                std::mem::swap(current, next);
            }
        }
        Ok(())
    }

    /// J, whose columns must be contiguous: Hᵢ₋₁ᵀ ⊗ Pᵢ for each Wᵢ, with P_L = I and
    /// Pᵢ₋₁ = Pᵢ·Wᵢ.
    pub(super) fn jacobian<B: MatMul<T> + ?Sized>(
        &mut self,
        backend: &B,
        weights: Weights<'_, T>,
        x: MatRef<'_, T>,
        mut j: MatMut<'_, T>,
    ) -> Result<()> {
        let (sizes, depth) = (weights.sizes, weights.depth());
        let m = sizes[depth];
        let Self {
            activations,
            current,
            next,
        } = self;
        for i in (1..=depth).rev() {
            let below = activation(activations, sizes, x, i - 1)?;
            let mut column = offset(sizes, i)..;
            for q in 0..sizes[i - 1] {
                for (p, column) in (0..sizes[i]).zip(&mut column) {
                    let Some(column) = j.try_col_mut(column) else {
                        continue;
                    };
                    if i == depth {
                        fill_with_unit_vectors(column, m, p, below, q);
                    } else {
                        fill_with_multiples(column, &current[m * p..][..m], below, q);
                    }
                }
            }
            if i == 1 {
                break;
            }
            let product = m * sizes[i - 1];
            if i == depth {
                current[..product].copy_from_slice(&weights.data[..product]);
            } else {
                let above = MatRef::from_col_major(current, m, sizes[i])?;
                let target = MatMut::from_col_major(next, m, sizes[i - 1])?;
                backend.matmul(T::one(), above, weights.layer(i)?, T::zero(), target)?;
                std::mem::swap(current, next);
            }
        }
        Ok(())
    }
}

/// H_i, with H₀ = X.
fn activation<'a, T: Scalar>(
    activations: &'a [Vec<T>],
    sizes: &[usize],
    x: MatRef<'a, T>,
    i: usize,
) -> Result<MatRef<'a, T>> {
    if i == 0 {
        return Ok(x);
    }
    MatRef::from_col_major(&activations[i - 1], sizes[i], x.cols())
}

/// vec(e_p·h_q), for row h_q of an activation: written without a product, so that 0·∞ is no NaN.
fn fill_with_unit_vectors<T: Scalar>(
    column: &mut [T],
    m: usize,
    p: usize,
    h: MatRef<'_, T>,
    q: usize,
) {
    column.fill(T::zero());
    for (c, sample) in column.chunks_exact_mut(m).enumerate() {
        sample[p] = h[(q, c)];
    }
}

/// vec(w·h_q), for row h_q of an activation.
fn fill_with_multiples<T: Scalar>(column: &mut [T], w: &[T], h: MatRef<'_, T>, q: usize) {
    for (c, sample) in column.chunks_exact_mut(w.len()).enumerate() {
        for (entry, &wi) in sample.iter_mut().zip(w) {
            *entry = wi * h[(q, c)];
        }
    }
}
