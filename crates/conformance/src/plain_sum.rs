//! The error of a sum in plain order for the numbers of a problem.

use leastwise_core::{MatRef, Scalar, norm};

/// How many times the numbers are scaled again, because a sum of equal terms can be exact by
/// chance.
const SCALES: usize = 8;
/// With fewer terms the error is below the other limits, and does not matter.
const SHORT: usize = 30;

/// The largest relative error, in u, of Σxᵢ² summed one by one in T, x a column of a tall A or a row of a wide one.
///
/// A QR factorisation consists of such sums. If the terms have random digits, their errors cancel,
/// and the sum is right to about √m·u. If all terms are equal, as in a column of ones or of zeros
/// and ones, each addition errs to the same side. The error of the sum is then about m·u/4. The
/// libraries use 4 to 32 partial sums, and their errors are smaller.
///
/// Source: N. Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., §4.2.
pub(crate) fn plain_sum_loss<T: Scalar>(a: MatRef<'_, T>) -> f64 {
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
        *scale = T::of((1.0 + k as f64 / SCALES as f64) / length);
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
        for m in [1000, 20_000] {
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
