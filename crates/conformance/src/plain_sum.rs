//! The error of a sum in plain order for the numbers of a problem.

use leastwise_core::{MatRef, Scalar, norm};

use crate::least_squares::STABLE_BACKWARD_ERROR;

/// The long sums of a blocked QR factorisation: the length of a column, and the products VᵀV and Vᵀ·A of the reflectors
/// V. Each enters the backward error with its own error.
const SUMS: f64 = 3.0;
/// How many times the numbers are scaled again, because a sum of equal terms can be exact by
/// chance.
const SCALES: usize = 8;
/// Multiples of it have no short binary fraction, unlike those of ⅛: a sum of 128 terms of (1 + ⅛)²/128 is exact.
const GOLDEN: f64 = 0.618_033_988_749_894_9;
/// With fewer terms the error is below the other limits, and does not matter.
const SHORT: usize = 30;

/// The backward error, in u, that a stable method can have for this A: [`STABLE_BACKWARD_ERROR`], or the error of its
/// sums if these are long enough to lose more.
pub(crate) fn stable_backward_error<T: Scalar>(a: MatRef<'_, T>) -> f64 {
    STABLE_BACKWARD_ERROR.max(SUMS * plain_sum_loss(a))
}

/// The largest relative error, in u, of Σxᵢ² summed one by one in T, x a column of a tall A or a row of a wide one.
///
/// A QR factorisation consists of such sums. If the terms have random digits, their errors cancel,
/// and the sum is right to about √m·u. If all terms are equal, as in a column of ones or of zeros
/// and ones, each addition errs to the same side. The error of the sum is then about m·u/4. The
/// libraries use 4 to 32 partial sums, and their errors are smaller.
///
/// Source: N. Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., §4.2.
fn plain_sum_loss<T: Scalar>(a: MatRef<'_, T>) -> f64 {
    let a = if a.rows() < a.cols() {
        a.transpose()
    } else {
        a
    };
    if a.rows() <= SHORT {
        return 0.0;
    }
    let mut column = Vec::new();
    let losses = (0..a.cols()).map(|j| {
        column.clear();
        column.extend((0..a.rows()).map(|i| a[(i, j)]));
        loss(&column)
    });
    losses.fold(0.0, f64::max)
}

fn loss<T: Scalar>(x: &[T]) -> f64 {
    let length = norm::euclidean(x).as_f64();
    if !(length > 0.0 && length.is_finite()) {
        return 0.0;
    }
    let mut scales = [T::zero(); SCALES];
    for (k, scale) in scales.iter_mut().enumerate() {
        *scale = T::of((1.0 + (GOLDEN * (k + 1) as f64).fract()) / length);
    }
    let mut plain = [T::zero(); SCALES];
    // Sums of groups of few lose little.
    let mut grouped = [0.0; SCALES];
    for group in x.chunks(SHORT) {
        let mut sums = [0.0; SCALES];
        for &xi in group {
            for k in 0..SCALES {
                let term = xi * scales[k];
                let square = term * term;
                plain[k] += square;
                sums[k] += square.as_f64();
            }
        }
        for k in 0..SCALES {
            grouped[k] += sums[k];
        }
    }
    let unit = T::UNIT_ROUNDOFF.as_f64();
    let losses = plain.iter().zip(grouped);
    losses
        .map(|(p, g): (&T, f64)| (p.as_f64() - g).abs() / (g * unit))
        .filter(|loss| loss.is_finite())
        .fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use leastwise_core::Mat;

    use super::*;

    #[test]
    fn equal_terms_lose_in_proportion_and_random_ones_by_the_root() {
        for m in [64, 128, 256, 1000, 1024, 20_000] {
            let ones = Mat::from_fn(m, 1, |_, _| 1.0f32);
            let loss = plain_sum_loss(ones.as_ref());
            assert!(loss > 0.05 * m as f64 && loss < m as f64, "{m}: {loss}");
            let drawn = leastwise_testset::standard_normal::<f32>(1, m, 7, 0);
            let loss = plain_sum_loss(drawn.as_ref());
            assert!(loss < 4.0 * (m as f64).sqrt(), "{m}: {loss}");
        }
        assert_eq!(plain_sum_loss(Mat::<f64>::zeros(100, 2).as_ref()), 0.0);
        assert_eq!(plain_sum_loss(Mat::from_fn(9, 2, |_, _| 1.0).as_ref()), 0.0);
    }
}
