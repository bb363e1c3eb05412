//! C ← α·A·B + β·C in every layout.

use leastwise_core::{Backend, Mat, MatMut, MatRef};
use leastwise_testset::standard_normal;

use super::cases::times_power_of_two;
use super::recorder::Recorder;
use crate::wide::{Wide, Widen, widen, zero};

/// Around the sizes where libraries change kernels, and thin ones.
const SHAPES: [(usize, usize, usize); 14] = [
    (1, 1, 1),
    (2, 2, 2),
    (5, 5, 5),
    (6, 6, 6),
    (7, 3, 6),
    (16, 16, 16),
    (33, 17, 9),
    (1, 40, 1),
    (1, 9, 20),
    (20, 9, 1),
    (3, 50, 4),
    (50, 2, 50),
    (4, 0, 3),
    (65, 64, 66),
];

/// Entries between the columns or rows.
const PADDING: usize = 3;

/// A matrix in memory, column after column or row after row, with padding of NaN.
struct Stored<T> {
    data: Vec<T>,
    rows: usize,
    cols: usize,
    strides: (usize, usize),
}

impl<T: Widen> Stored<T> {
    fn new(a: &Mat<T>, by_rows: bool) -> Self {
        let (rows, cols) = (a.rows(), a.cols());
        let strides = if by_rows {
            (cols + PADDING, 1)
        } else {
            (1, rows + PADDING)
        };
        let mut data = vec![T::nan(); rows * strides.0 + cols * strides.1];
        for j in 0..cols {
            for i in 0..rows {
                data[i * strides.0 + j * strides.1] = a[(i, j)];
            }
        }
        Self {
            data,
            rows,
            cols,
            strides,
        }
    }

    fn view(&self) -> MatRef<'_, T> {
        let (row, col) = self.strides;
        MatRef::with_strides(&self.data, self.rows, self.cols, row, col).expect("a valid view")
    }

    fn view_mut(&mut self) -> MatMut<'_, T> {
        let (row, col) = self.strides;
        MatMut::with_strides(&mut self.data, self.rows, self.cols, row, col).expect("a valid view")
    }

    /// Whether everything between the entries is still NaN.
    fn padding_is_untouched(&self) -> bool {
        let entry = |place: usize| {
            let (long, short) = (self.strides.0.max(self.strides.1), self.strides);
            let (across, along) = (place / long, place % long);
            if short.0 == 1 {
                along < self.rows && across < self.cols
            } else {
                along < self.cols && across < self.rows
            }
        };
        self.data
            .iter()
            .enumerate()
            .all(|(place, x)| entry(place) || x.is_nan())
    }
}

pub(super) fn run<T: Widen>(backend: &dyn Backend<T>, recorder: &mut Recorder<'_>) {
    scaled(backend, recorder);
    for (seed, (m, k, n)) in (0..).zip(SHAPES) {
        let a = standard_normal::<T>(m, k, seed, 0);
        let b = standard_normal::<T>(k, n, seed, 1);
        let c = standard_normal::<T>(m, n, seed, 2);
        for layout in 0..8u8 {
            let by_rows = |bit: u8| layout >> bit & 1 == 1;
            for (alpha, beta) in [(1.0, 0.0), (1.0, 1.0), (-2.0, -0.5)] {
                let order = |bit| if by_rows(bit) { 'r' } else { 'c' };
                let layout = [order(0), order(1), order(2)].iter().collect::<String>();
                let name = format!("{}/matmul/{m}x{k}x{n}-{layout}-beta{beta}", T::NAME);
                recorder.case(name, |recorder| {
                    let stored = (Stored::new(&a, by_rows(0)), Stored::new(&b, by_rows(1)));
                    let unread = Mat::from_fn(m, n, |_, _| T::nan());
                    let before = if beta == 0.0 { &unread } else { &c };
                    let mut result = Stored::new(before, by_rows(2));
                    let (views, target) = ((stored.0.view(), stored.1.view()), result.view_mut());
                    let done = backend.matmul(T::of(alpha), views.0, views.1, T::of(beta), target);
                    recorder.holds("answer", done.is_ok(), || format!("{done:?}"));
                    let error = error(alpha, &a, &b, beta, &c, result.view());
                    recorder.at_most("error", error, 1.0);
                    recorder.holds("padding", result.padding_is_untouched(), || {
                        "written to".to_owned()
                    });
                });
            }
        }
    }
}

/// 2ᵖ·A times 2^(−p)·B is A·B.
fn scaled<T: Widen>(backend: &dyn Backend<T>, recorder: &mut Recorder<'_>) {
    let largest = if T::NAME == "f32" { 110 } else { 1000 };
    for (seed, (m, k, n)) in (100..).zip(SHAPES) {
        let a = standard_normal::<T>(m, k, seed, 0);
        let b = standard_normal::<T>(k, n, seed, 1);
        for power in [largest, largest / 2, -largest / 2, -largest] {
            let name = format!("{}/matmul/{m}x{k}x{n}-seed-{seed}-2e{power}", T::NAME);
            recorder.case(name, |recorder| {
                let (left, right) = (
                    times_power_of_two(&a, power),
                    times_power_of_two(&b, -power),
                );
                let (one, zero) = (T::one(), T::zero());
                let mut c = Mat::from_fn(m, n, |_, _| T::nan());
                let done = backend.matmul(one, left.as_ref(), right.as_ref(), zero, c.as_mut());
                recorder.holds("answer", done.is_ok(), || format!("{done:?}"));
                let error = error(1.0, &a, &b, 0.0, &Mat::zeros(m, n), c.as_ref());
                recorder.at_most("error", error, 1.0);
            });
        }
    }
}

/// The largest |error| over (k + 2)·u·(|α||A||B| + |β||C|), the bound for sums in any order.
fn error<T: Widen>(
    alpha: f64,
    a: &Mat<T>,
    b: &Mat<T>,
    beta: f64,
    c: &Mat<T>,
    found: MatRef<'_, T>,
) -> f64 {
    let k = a.cols();
    let unit = (k + 2) as f64 * T::UNIT_ROUNDOFF.as_f64();
    let (alpha, beta) = (T::Wide::of(alpha), T::Wide::of(beta));
    let mut worst: f64 = 0.0;
    for j in 0..b.cols() {
        for i in 0..a.rows() {
            let (mut exact, mut size): (T::Wide, T::Wide) = (zero(), zero());
            for l in 0..k {
                let term = alpha * widen(a[(i, l)]) * widen(b[(l, j)]);
                (exact, size) = (exact + term, size + term.abs());
            }
            let term = beta * widen(c[(i, j)]);
            (exact, size) = (exact + term, size + term.abs());
            let error = (widen(found[(i, j)]) - exact).abs().to_nearest_f64();
            let bound = unit * size.to_nearest_f64();
            let scaled = if error == 0.0 { 0.0 } else { error / bound };
            worst = crate::wide::nan_max(worst, scaled);
        }
    }
    worst
}
