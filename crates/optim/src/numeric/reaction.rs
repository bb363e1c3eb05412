//! Compares the change of a residual over a step with its rounding errors.

use leastwise_core::{MatMut, Scalar};

/// The sizes of the terms of each residual.
#[derive(Default)]
pub(super) struct Sizes<T> {
    /// s: |rᵢ| + |yᵢ|, or t if y is not known.
    values: Vec<T>,
    /// t: |rᵢ| + |yᵢ| + Σⱼ|Jᵢⱼ·xⱼ|.
    terms: Vec<T>,
    /// The largest of each.
    scales: (T, T),
    /// The squares of both, over the squares of the largest. So units do not matter, and nothing overflows.
    squares: Vec<[T; 2]>,
    noise: T,
    exponent: T,
}

/// The change of r over the best change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Reaction<T> {
    NotFinite,
    /// No residual changes by more than its noise.
    None,
    Of(T),
}

/// A change above this multiple of the noise of a residual is significant.
pub(super) const CLEAR: f64 = 8.0;

impl<T: Scalar> Sizes<T> {
    /// Allocates for m residuals, and returns the storage to which |y| is written.
    pub(super) fn start(&mut self, m: usize, noise: T) -> &mut [T] {
        self.noise = noise;
        self.values.clear();
        self.values.resize(m, T::zero());
        &mut self.values
    }

    /// Computes the sizes from r and J at x.
    // Inlined into the search for steps, its loops are not vectorised. A fit of 100 points takes 7 % longer then.
    #[inline(never)]
    pub(super) fn measure(
        &mut self,
        base: &[T],
        x: &[T],
        j: &MatMut<'_, T>,
        is_value_known: bool,
        exponent: T,
    ) {
        self.exponent = exponent;
        for (value, &r) in self.values.iter_mut().zip(base) {
            *value += r.abs();
        }
        self.terms.clone_from(&self.values);
        let add = |term: &mut T, product: T| {
            if product.is_finite() {
                let sum = *term + product;
                *term = if sum.is_finite() { sum } else { T::max_value() };
            }
        };
        for (col, &xj) in x.iter().enumerate() {
            let terms = self.terms.iter_mut();
            match j.as_ref().try_col(col) {
                Some(column) => terms
                    .zip(column)
                    .for_each(|(term, &entry)| add(term, (entry * xj).abs())),
                None => terms
                    .enumerate()
                    .for_each(|(i, term)| add(term, (j[(i, col)] * xj).abs())),
            }
        }
        if !is_value_known {
            self.values.clone_from(&self.terms);
        }
        self.scales = (largest(&self.values), largest(&self.terms));
        let scales = self.scales;
        let sizes = self.values.iter().zip(&self.terms);
        let squares = sizes.map(|(&s, &t)| [squared(s, scales.0), squared(t, scales.1)]);
        self.squares.clear();
        self.squares.extend(squares);
    }

    /// The reaction for the changes `change(i)` of the residuals.
    ///
    /// A residual that changes by less than its noise is ignored. But if this noise may hide more than the
    /// visible change, all residuals are used.
    pub(super) fn reaction(&self, change: impl Fn(usize) -> T) -> Reaction<T> {
        let clear = T::of(CLEAR) * self.noise;
        let mut scale = T::zero();
        let mut is_finite = true;
        for (i, &term) in self.terms.iter().enumerate() {
            let change = change(i);
            is_finite &= change.is_finite();
            if change > clear * term && change > scale {
                scale = change;
            }
        }
        if !is_finite {
            return Reaction::NotFinite;
        }
        if scale == T::zero() {
            return Reaction::None;
        }
        let factor = scale.recip();
        let over_scale = |change: T| {
            if factor.is_normal() {
                change * factor
            } else {
                change / scale
            }
        };
        let (mut changes, mut moved, mut still) = (T::zero(), [T::zero(); 2], [T::zero(); 2]);
        for (i, (&term, square)) in self.terms.iter().zip(&self.squares).enumerate() {
            let change = change(i);
            let sums = if change > clear * term {
                let ratio = over_scale(change);
                changes += ratio * ratio;
                &mut moved
            } else {
                &mut still
            };
            sums[0] += square[0];
            sums[1] += square[1];
        }
        let length = |square: T, scale: T| (square.sqrt() * scale).min(T::max_value());
        let change = length(changes, scale);
        let hidden = clear * length(still[1], self.scales.1);
        // Nothing is known about residuals whose values are zero.
        if hidden > T::of(0.01) * change || moved[0] == T::zero() {
            for (sum, still) in moved.iter_mut().zip(still) {
                *sum += still;
            }
        }
        let values = length(moved[0], self.scales.0);
        let terms = length(moved[1], self.scales.1);
        if values == T::zero() {
            return Reaction::Of(T::one());
        }
        let best = (self.noise * (terms / values).max(T::one())).powf(self.exponent);
        Reaction::Of((change / values) / best)
    }

    pub(super) fn largest_term(&self) -> T {
        self.scales.1
    }

    /// The factor by which a step without a reaction may grow. It turns a step at the level of the noise into
    /// the best one.
    pub(super) fn leap(&self) -> T {
        self.noise.powf(self.exponent - T::one()) / T::of(CLEAR)
    }
}

impl<T: Scalar> Reaction<T> {
    pub(super) fn is_within(self, [least, most]: [f64; 2]) -> bool {
        matches!(self, Self::Of(ratio) if T::of(least) <= ratio && ratio <= T::of(most))
    }

    pub(super) fn is_too_small(self, [least, _]: [f64; 2]) -> bool {
        match self {
            Self::NotFinite => false,
            Self::None => true,
            Self::Of(ratio) => ratio < T::of(least),
        }
    }

    pub(super) fn is_too_large(self, [_, most]: [f64; 2]) -> bool {
        matches!(self, Self::Of(ratio) if ratio > T::of(most))
    }

    pub(super) fn is_none(self) -> bool {
        self == Self::None
    }

    /// The factor for the step, if r is linear.
    pub(super) fn factor(self) -> Option<T> {
        match self {
            Self::Of(ratio) => Some(ratio.recip()),
            Self::None | Self::NotFinite => None,
        }
    }

    pub(super) fn is_better_than(self, other: Self) -> bool {
        let distance = |reaction| match reaction {
            Self::Of(ratio) => ratio.ln().abs(),
            Self::None => T::max_value(),
            Self::NotFinite => T::infinity(),
        };
        distance(self) < distance(other)
    }
}

/// The square of `entry` over that of `scale`, and 0 if that is 0.
fn squared<T: Scalar>(entry: T, scale: T) -> T {
    let ratio = if scale > T::zero() {
        entry / scale
    } else {
        T::zero()
    };
    ratio * ratio
}

/// The largest finite magnitude.
fn largest<T: Scalar>(x: &[T]) -> T {
    let magnitudes = x.iter().map(|&xi| xi.abs()).filter(|size| size.is_finite());
    magnitudes.fold(T::zero(), T::max)
}
