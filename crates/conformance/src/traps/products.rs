//! The matrix product.

use leastwise_core::{Backend, Mat, MatMut, MatRef, Scalar};

use super::bounds::gamma;
use super::draw::{generator, normal};
use super::measure::assert_within;

/// Sizes around those at which libraries change from vector to matrix kernels, and then to blocked
/// kernels.
const SIZES: [usize; 6] = [1, 2, 5, 6, 7, 33];

/// Long or thin, where other paths are taken.
const THIN: [(usize, usize, usize); 8] = [
    (100, 3, 100),
    (3, 100, 3),
    (100, 100, 1),
    (1, 100, 100),
    (100, 1, 3),
    (4, 100, 5),
    (100, 5, 4),
    (5, 4, 100),
];

/// Entries between columns or rows, which a product must neither read nor write. Without any, the
/// strides of a single row or column are both 1.
const PADDINGS: [usize; 2] = [0, 3];

/// Entries around the memory of C, where nothing may be written either.
const GUARD: usize = 256;

/// A view with NaN everywhere except in its entries, so that a read of the padding is detected.
struct Padded<T> {
    data: Vec<T>,
    rows: usize,
    cols: usize,
    by_rows: bool,
    padding: usize,
}

impl<T: Scalar> Padded<T> {
    fn new(entries: &Mat<T>, by_rows: bool, padding: usize) -> Self {
        let (rows, cols) = (entries.rows(), entries.cols());
        let (across, along) = if by_rows { (rows, cols) } else { (cols, rows) };
        let mut padded = Self {
            data: vec![T::nan(); across * (along + padding)],
            rows,
            cols,
            by_rows,
            padding,
        };
        for j in 0..cols {
            for i in 0..rows {
                let place = padded.offset((i, j));
                padded.data[place] = entries[(i, j)];
            }
        }
        padded
    }

    fn strides(&self) -> (usize, usize) {
        if self.by_rows {
            (self.cols + self.padding, 1)
        } else {
            (1, self.rows + self.padding)
        }
    }

    fn offset(&self, (i, j): (usize, usize)) -> usize {
        let (row_stride, col_stride) = self.strides();
        i * row_stride + j * col_stride
    }

    fn view(&self) -> MatRef<'_, T> {
        let (row_stride, col_stride) = self.strides();
        MatRef::with_strides(&self.data, self.rows, self.cols, row_stride, col_stride).unwrap()
    }
}

/// C ← α·A·B + β·C for every size and all eight combinations of row- and column-major operands.
fn every_size_and_layout<T: Scalar>(backend: &dyn Backend<T>, alpha: f64, beta: f64) {
    let mut shapes: Vec<(usize, usize, usize)> = THIN.to_vec();
    for m in SIZES {
        for k in SIZES {
            shapes.extend(SIZES.map(|n| (m, k, n)));
        }
    }
    for (seed, &(m, k, n)) in (0..).zip(&shapes) {
        let mut rng = generator(seed);
        let a = normal::<T>(&mut rng, m, k);
        let b = normal::<T>(&mut rng, k, n);
        let c = if beta == 0.0 {
            Mat::from_fn(m, n, |_, _| T::nan())
        } else {
            normal::<T>(&mut rng, m, n)
        };
        let expected = Expected::new(&a, &b, &c, alpha, beta);
        for (layout, padding) in (0..8).flat_map(|layout| PADDINGS.map(|p| (layout, p))) {
            let by_rows = |operand: u8| layout & (1 << operand) != 0;
            let a = Padded::new(&a, by_rows(0), padding);
            let b = Padded::new(&b, by_rows(1), padding);
            let c = Padded::new(&c, by_rows(2), padding);
            let case = format!(
                "{m}x{k} by {k}x{n}, alpha {alpha}, beta {beta}, by rows: a {}, b {}, c {}, \
                 padding {padding}, seed {seed}",
                a.by_rows, b.by_rows, c.by_rows
            );
            let found = guarded_product(backend, (alpha, beta), &a, &b, &c, &case);
            expected.assert_met(&found, &case);
        }
    }
}

/// The product as a matrix. The memory between and around its entries is checked first.
fn guarded_product<T: Scalar>(
    backend: &dyn Backend<T>,
    (alpha, beta): (f64, f64),
    a: &Padded<T>,
    b: &Padded<T>,
    c: &Padded<T>,
    case: &str,
) -> Mat<T> {
    let shape = (c.rows, c.cols);
    let (row_stride, col_stride) = c.strides();
    let sentinel = T::of(-77.0);
    let mut memory = vec![sentinel; c.data.len() + 2 * GUARD];
    let inside = GUARD..GUARD + c.data.len();
    for j in 0..shape.1 {
        for i in 0..shape.0 {
            let place = c.offset((i, j));
            memory[GUARD + place] = c.data[place];
        }
    }
    let slice = &mut memory[inside];
    let view = MatMut::with_strides(slice, shape.0, shape.1, row_stride, col_stride).unwrap();
    backend
        .matmul(T::of(alpha), a.view(), b.view(), T::of(beta), view)
        .unwrap_or_else(|error| panic!("{case}: {error}"));
    let mut found = Mat::zeros(shape.0, shape.1);
    for j in 0..shape.1 {
        for i in 0..shape.0 {
            let place = GUARD + c.offset((i, j));
            found[(i, j)] = std::mem::replace(&mut memory[place], sentinel);
        }
    }
    let touched = memory.iter().position(|&x| x != sentinel);
    assert_eq!(
        touched, None,
        "{case}: wrote between or around the entries of c"
    );
    found
}

/// The product by plain loops in f64, and |α||A||B| + |β||C|.
struct Expected {
    value: Mat<f64>,
    magnitude: Mat<f64>,
    terms: usize,
}

impl Expected {
    fn new<T: Scalar>(a: &Mat<T>, b: &Mat<T>, c: &Mat<T>, alpha: f64, beta: f64) -> Self {
        let sum = |i: usize, j: usize, f: fn(f64) -> f64| {
            let products = (0..a.cols()).map(|l| f(a[(i, l)].as_f64()) * f(b[(l, j)].as_f64()));
            let old = if beta == 0.0 {
                0.0
            } else {
                f(beta) * f(c[(i, j)].as_f64())
            };
            f(alpha) * products.sum::<f64>() + old
        };
        Self {
            value: Mat::from_fn(a.rows(), b.cols(), |i, j| sum(i, j, |x| x)),
            magnitude: Mat::from_fn(a.rows(), b.cols(), |i, j| sum(i, j, f64::abs)),
            terms: a.cols(),
        }
    }

    /// Sums of k products in any order are within γₖ·|A||B| (Higham, *Accuracy and Stability of
    /// Numerical Algorithms*, 2nd ed., §3.5); α, β and the last sum round three times more. Twice,
    /// because the truth is rounded as well.
    fn assert_met<T: Scalar>(&self, found: &Mat<T>, case: &str) {
        let unit = 2.0 * gamma::<T>(self.terms + 3);
        for j in 0..found.cols() {
            for i in 0..found.rows() {
                let error = (found[(i, j)].as_f64() - self.value[(i, j)]).abs();
                let bound = unit * self.magnitude[(i, j)];
                assert_within(format_args!("{case}: entry ({i}, {j})"), error, bound);
            }
        }
    }
}

/// β = 0 with C full of NaN.
pub fn beta_zero_never_reads_c<T: Scalar>(backend: &'static dyn Backend<T>) {
    every_size_and_layout(backend, 1.0, 0.0);
}

/// C ← C + 2·A·B.
pub fn beta_one_adds_to_c<T: Scalar>(backend: &'static dyn Backend<T>) {
    every_size_and_layout(backend, 2.0, 1.0);
}

/// C ← −¾·A·B − ½·C: a β that not every library has.
pub fn beta_minus_one_half_scales_c<T: Scalar>(backend: &'static dyn Backend<T>) {
    every_size_and_layout(backend, -0.75, -0.5);
}

/// A product with k = 0 is zero. A product with m = 0 or n = 0 writes nothing.
pub fn empty_dimensions<T: Scalar>(backend: &'static dyn Backend<T>) {
    let one = T::one();
    for (m, k, n) in [(2, 0, 3), (0, 2, 3), (2, 3, 0), (0, 0, 0), (1, 0, 1)] {
        let (a, b) = (Mat::<T>::zeros(m, k), Mat::zeros(k, n));
        for (beta, old, new) in [(0.0, f64::NAN, 0.0), (1.0, 3.0, 3.0), (-0.5, 3.0, -1.5)] {
            let mut c = Mat::from_fn(m, n, |_, _| T::of(old));
            let done = backend.matmul(one, a.as_ref(), b.as_ref(), T::of(beta), c.as_mut());
            assert_eq!(done, Ok(()), "{m}x{k} by {k}x{n}");
            let expected = Mat::from_fn(m, n, |_, _| T::of(new));
            assert_eq!(c, expected, "{m}x{k} by {k}x{n}, beta {beta}");
        }
    }
}

/// NaN and ∞ propagate by IEEE 754, and only to entries that depend on them.
pub fn what_is_not_finite_stays_in_its_row_and_column<T: Scalar>(backend: &'static dyn Backend<T>) {
    let (one, zero) = (T::one(), T::zero());
    for n in [3, 9, 40] {
        for bad in [T::nan(), T::infinity()] {
            let ones = Mat::from_fn(n, n, |_, _| one);
            let mut a = ones.clone();
            a[(1, n - 1)] = bad;
            for (left, right) in [(&a, &ones), (&ones, &a)] {
                let mut c = Mat::zeros(n, n);
                let done = backend.matmul(one, left.as_ref(), right.as_ref(), zero, c.as_mut());
                assert_eq!(done, Ok(()));
                for j in 0..n {
                    for i in 0..n {
                        let hit = if std::ptr::eq(left, &raw const a) {
                            i == 1
                        } else {
                            j == n - 1
                        };
                        let expected = if hit { bad } else { T::of(n as f64) };
                        let found = c[(i, j)];
                        let same = found == expected || found.is_nan() && expected.is_nan();
                        assert!(same, "{n}x{n}, ({i}, {j}): {found} instead of {expected}");
                    }
                }
            }
        }
    }
}
