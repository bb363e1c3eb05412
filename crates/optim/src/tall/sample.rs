//! The rows of a sample.

use std::ops::Range;

/// The rows of a sample of a problem with few parameters.
pub(crate) const SIZE: usize = 4096;

/// The fractions of k/φ are spread evenly, and no period of the data has anything in common with them.
///
/// Source: H. Niederreiter, *Random Number Generation and Quasi-Monte Carlo Methods* (1992), section 3.1.
const GOLDEN_RATIO: f64 = 1.618_033_988_749_895;

/// `count` of `m` rows, in ascending order: one of each of `count` pieces of equal length. `offset`, from 0 to 1, moves all of
/// them within their pieces. All rows if there are no more.
fn sample(m: usize, count: usize, offset: f64) -> Vec<usize> {
    if count >= m {
        return (0..m).collect();
    }
    let length = m as f64 / count as f64;
    let row = |k: usize| {
        let place = (k as f64 / GOLDEN_RATIO + offset).fract();
        let row = (k as f64 + place) * length;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is between 0 and m"
        )]
        let row = row as usize;
        row.min(m - 1)
    };
    let mut rows: Vec<usize> = (0..count).map(row).collect();
    rows.dedup();
    rows
}

/// A sample of the rows of all ranks, seen by the rank whose rows are `part` of them.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    /// Its rows of the sample, from 0 in `part`.
    pub(crate) own: Vec<usize>,
    /// The number of rows of all ranks in the sample.
    pub(crate) count: usize,
}

impl Sample {
    pub(crate) fn none() -> Self {
        Self {
            own: Vec::new(),
            count: 0,
        }
    }

    pub(crate) fn new(m: usize, part: &Range<usize>, count: usize, offset: f64) -> Self {
        let all = sample(m, count, offset);
        let first = all.partition_point(|&row| row < part.start);
        let end = all.partition_point(|&row| row < part.end);
        let own = all[first..end].iter().map(|row| row - part.start);
        Self {
            own: own.collect(),
            count: all.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_row_of_each_piece_and_no_period_is_missed() {
        for (m, count) in [(10, 3), (1000, 999), (1_000_000, 4096), (65_537, 4096)] {
            for offset in [0.0, 0.5] {
                let rows = sample(m, count, offset);
                // Rows of short pieces may coincide.
                assert!(rows.len() * 2 >= count, "{m} {count}");
                assert!(rows.is_sorted() && rows.iter().all(|&row| row < m));
                // The widest gap is that of two pieces.
                let gap = rows.windows(2).map(|pair| pair[1] - pair[0]).max();
                assert!(gap.unwrap_or(0) <= 2 * m.div_ceil(count), "{m} {count}");
            }
        }
        for period in [2, 3, 16, 61, 244, 250] {
            let mut counts = vec![0usize; period];
            for row in sample(1_000_000, SIZE, 0.0) {
                counts[row % period] += 1;
            }
            let expected = SIZE / period;
            let range = counts.iter().fold((usize::MAX, 0), |(low, high), &count| {
                (low.min(count), high.max(count))
            });
            assert!(
                range.0 * 3 >= expected && range.1 <= 3 * expected.max(1),
                "{period}: {range:?} of {expected}"
            );
        }
        assert_eq!(sample(3, 5, 0.5), [0, 1, 2]);
    }
}
