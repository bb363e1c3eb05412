//! Vectors of either scalar type, and the loops over columns that all kernels consist of.
//!
//! The loops are compiled for each instruction set, and [`run`] chooses one at run time. A loop that
//! is not inlined into [`WithSimd::with_simd`] would be compiled without vector instructions.

#![expect(
    clippy::inline_always,
    reason = "a function that is not inlined is compiled without these instructions"
)]

use leastwise_core::Scalar;
use pulp::{Simd, WithSimd};

/// Runs `op` with the widest vectors of the processor.
///
/// Measured on a processor of type Zen 5, which has both, AVX-512 was 10 to 70 % faster than AVX2 from 5
/// to 96 columns: its 32 registers hold the sixteen products of four by four columns.
pub(crate) fn run<Op: WithSimd>(op: Op) -> Op::Output {
    pulp::Arch::new().dispatch(op)
}

/// The scalar types f32 and f64, with their vectors.
pub trait Real: Scalar {
    /// A vector of the instruction set `S`.
    #[doc(hidden)]
    type Vector<S: Simd>: Copy;

    /// The vectors in x, and the entries behind the last of them.
    #[doc(hidden)]
    fn vectors<S: Simd>(x: &[Self]) -> (&[Self::Vector<S>], &[Self]);

    /// As [`Real::vectors`], for writing.
    #[doc(hidden)]
    fn vectors_mut<S: Simd>(x: &mut [Self]) -> (&mut [Self::Vector<S>], &mut [Self]);

    /// The vector whose entries are all x.
    #[doc(hidden)]
    fn splat<S: Simd>(simd: S, x: Self) -> Self::Vector<S>;

    /// x·y.
    #[doc(hidden)]
    fn product<S: Simd>(simd: S, x: Self::Vector<S>, y: Self::Vector<S>) -> Self::Vector<S>;

    /// x·y + z, rounded once if the processor can.
    #[doc(hidden)]
    fn fused<S: Simd>(
        simd: S,
        x: Self::Vector<S>,
        y: Self::Vector<S>,
        z: Self::Vector<S>,
    ) -> Self::Vector<S>;

    /// x + y.
    #[doc(hidden)]
    fn sum_of<S: Simd>(simd: S, x: Self::Vector<S>, y: Self::Vector<S>) -> Self::Vector<S>;

    /// The sum of the entries.
    #[doc(hidden)]
    fn reduce_sum<S: Simd>(simd: S, x: Self::Vector<S>) -> Self;
}

macro_rules! real {
    ($scalar:ty, $vector:ident, $as:ident, $as_mut:ident, $splat:ident, $mul:ident, $fma:ident, $add:ident, $sum:ident) => {
        impl Real for $scalar {
            type Vector<S: Simd> = S::$vector;

            #[inline(always)]
            fn vectors<S: Simd>(x: &[Self]) -> (&[S::$vector], &[Self]) {
                S::$as(x)
            }

            #[inline(always)]
            fn vectors_mut<S: Simd>(x: &mut [Self]) -> (&mut [S::$vector], &mut [Self]) {
                S::$as_mut(x)
            }

            #[inline(always)]
            fn splat<S: Simd>(simd: S, x: Self) -> S::$vector {
                simd.$splat(x)
            }

            #[inline(always)]
            fn product<S: Simd>(simd: S, x: S::$vector, y: S::$vector) -> S::$vector {
                simd.$mul(x, y)
            }

            #[inline(always)]
            fn fused<S: Simd>(simd: S, x: S::$vector, y: S::$vector, z: S::$vector) -> S::$vector {
                simd.$fma(x, y, z)
            }

            #[inline(always)]
            fn sum_of<S: Simd>(simd: S, x: S::$vector, y: S::$vector) -> S::$vector {
                simd.$add(x, y)
            }

            #[inline(always)]
            fn reduce_sum<S: Simd>(simd: S, x: S::$vector) -> Self {
                simd.$sum(x)
            }
        }
    };
}

real!(
    f32,
    f32s,
    as_simd_f32s,
    as_mut_simd_f32s,
    splat_f32s,
    mul_f32s,
    mul_add_e_f32s,
    add_f32s,
    reduce_sum_f32s
);
real!(
    f64,
    f64s,
    as_simd_f64s,
    as_mut_simd_f64s,
    splat_f64s,
    mul_f64s,
    mul_add_e_f64s,
    add_f64s,
    reduce_sum_f64s
);

/// vᵢᵀcⱼ for all i and j. All columns have the same length.
///
/// There are `U` sums for each product, because an addition waits for the one before it.
#[inline(always)]
pub(crate) fn dots<S: Simd, R: Real, const V: usize, const C: usize, const U: usize>(
    simd: S,
    v: [&[R]; V],
    c: [&[R]; C],
) -> [[R; C]; V] {
    let zero = R::splat(simd, R::zero());
    let mut sums = [[[zero; C]; V]; U];
    let (first, _) = R::vectors::<S>(c[0]);
    let len = first.len();
    let mut x: [&[R::Vector<S>]; V] = [first; V];
    let mut y: [&[R::Vector<S>]; C] = [first; C];
    for i in 0..V {
        x[i] = &R::vectors::<S>(v[i]).0[..len];
    }
    for j in 0..C {
        y[j] = &R::vectors::<S>(c[j]).0[..len];
    }
    let blocks = len / U * U;
    let mut at = 0;
    while at < blocks {
        for u in 0..U {
            let mut xs = [zero; V];
            for i in 0..V {
                xs[i] = x[i][at + u];
            }
            for j in 0..C {
                let yj = y[j][at + u];
                for i in 0..V {
                    sums[u][i][j] = R::fused(simd, xs[i], yj, sums[u][i][j]);
                }
            }
        }
        at += U;
    }
    while at < len {
        for j in 0..C {
            for i in 0..V {
                sums[0][i][j] = R::fused(simd, x[i][at], y[j][at], sums[0][i][j]);
            }
        }
        at += 1;
    }
    let mut products = [[R::zero(); C]; V];
    for i in 0..V {
        for j in 0..C {
            let mut sum = sums[0][i][j];
            for others in &sums[1..] {
                sum = R::sum_of(simd, sum, others[i][j]);
            }
            products[i][j] = R::reduce_sum(simd, sum);
            let rest = R::vectors::<S>(v[i]).1.iter().zip(R::vectors::<S>(c[j]).1);
            for (&x, &y) in rest {
                products[i][j] += x * y;
            }
        }
    }
    products
}

/// cⱼ ← cⱼ + Σᵢ wᵢⱼ·vᵢ for all j. All columns have the same length.
#[inline(always)]
pub(crate) fn update<S: Simd, R: Real, const V: usize, const C: usize>(
    simd: S,
    v: [&[R]; V],
    w: [[R; C]; V],
    c: [&mut [R]; C],
) {
    let zero = R::splat(simd, R::zero());
    let (first, _) = R::vectors::<S>(v[0]);
    let len = first.len();
    let mut x: [&[R::Vector<S>]; V] = [first; V];
    let mut factors = [[zero; C]; V];
    for i in 0..V {
        x[i] = &R::vectors::<S>(v[i]).0[..len];
        for j in 0..C {
            factors[i][j] = R::splat(simd, w[i][j]);
        }
    }
    let mut y: [&mut [R::Vector<S>]; C] = std::array::from_fn(|_| Default::default());
    for (j, column) in c.into_iter().enumerate() {
        let (vectors, rest) = R::vectors_mut::<S>(column);
        for (at, y) in rest.iter_mut().enumerate() {
            for i in 0..V {
                *y += w[i][j] * R::vectors::<S>(v[i]).1[at];
            }
        }
        y[j] = &mut vectors[..len];
    }
    for at in 0..len {
        let mut xs = [zero; V];
        for i in 0..V {
            xs[i] = x[i][at];
        }
        for j in 0..C {
            let mut yj = y[j][at];
            for i in 0..V {
                yj = R::fused(simd, xs[i], factors[i][j], yj);
            }
            y[j][at] = yj;
        }
    }
}

/// v ← scale·v, then cⱼ ← cⱼ + wⱼ·v for all j. All columns have the same length.
#[inline(always)]
pub(crate) fn scale_and_update<S: Simd, R: Real, const C: usize>(
    simd: S,
    scale: R,
    v: &mut [R],
    w: [R; C],
    c: [&mut [R]; C],
) {
    let factor = R::splat(simd, scale);
    let (x, x_rest) = R::vectors_mut::<S>(v);
    let len = x.len();
    for x in x_rest.iter_mut() {
        *x *= scale;
    }
    let mut factors = [factor; C];
    let mut y: [&mut [R::Vector<S>]; C] = std::array::from_fn(|_| Default::default());
    for (j, column) in c.into_iter().enumerate() {
        factors[j] = R::splat(simd, w[j]);
        let (vectors, rest) = R::vectors_mut::<S>(column);
        for (y, &x) in rest.iter_mut().zip(&*x_rest) {
            *y += w[j] * x;
        }
        y[j] = &mut vectors[..len];
    }
    for at in 0..len {
        let scaled = R::product(simd, x[at], factor);
        x[at] = scaled;
        for j in 0..C {
            y[j][at] = R::fused(simd, scaled, factors[j], y[j][at]);
        }
    }
}
