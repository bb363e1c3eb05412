//! Parameters that follow from others.

use std::fmt;
use std::sync::Arc;

use leastwise_core::{Mat, Scalar};

/// A function of the parameters before the tied one.
pub(crate) type Tie<T> = Arc<dyn Fn(&[T]) -> T + Send + Sync>;

/// The map from the untied parameters of a problem to all of them.
///
/// [`Parameters::tied`](crate::Parameters::tied) makes ties. Only a problem that derives itself, such as
/// [`FiniteDifferences`](crate::FiniteDifferences), needs to know them; see
/// [`LeastSquaresProblem::tied`](crate::LeastSquaresProblem::tied).
#[derive(Clone)]
pub struct Ties<T> {
    /// The indices of the untied parameters, in their order.
    untied: Vec<usize>,
    /// The tied parameters, in their order.
    ties: Vec<(usize, Tie<T>)>,
}

/// The intervals at which a tie is differentiated: half of the one before, from an eighth of the parameter on.
const LEVELS: usize = 20;

/// The orders that extrapolation adds.
const ORDERS: usize = 6;

impl<T: Scalar> Ties<T> {
    /// `ties` are by index, and the indices are below `parameters`.
    pub(crate) fn new(parameters: usize, ties: Vec<(usize, Tie<T>)>) -> Self {
        let is_untied = |j: &usize| ties.iter().all(|(tied, _)| tied != j);
        Self {
            untied: (0..parameters).filter(is_untied).collect(),
            ties,
        }
    }

    /// The number of all parameters.
    #[must_use]
    pub fn parameters(&self) -> usize {
        self.untied.len() + self.ties.len()
    }

    /// The indices of the untied parameters among all.
    #[must_use]
    pub fn untied(&self) -> &[usize] {
        &self.untied
    }

    /// The indices of the tied parameters among all.
    pub(crate) fn tied(&self) -> impl Iterator<Item = usize> {
        self.ties.iter().map(|(j, _)| *j)
    }

    /// Writes all parameters to `all`, from the `untied` ones.
    pub fn expand(&self, untied: &[T], all: &mut Vec<T>) {
        all.clear();
        let mut values = untied.iter();
        let mut ties = self.ties.iter().peekable();
        for j in 0..self.parameters() {
            let value = match ties.next_if(|(tied, _)| *tied == j) {
                Some((_, tie)) => tie(all),
                None => values.next().copied().unwrap_or(T::nan()),
            };
            all.push(value);
        }
    }

    /// The derivatives of the tied parameters, a row for each, with respect to the untied ones, a column for each.
    ///
    /// Central differences at smaller and smaller intervals are extrapolated, and the value with the smallest estimated
    /// error is taken. Source: C. J. F. Ridders, *Accurate computation of F′(x) and F′(x)F″(x)*, Advances in Engineering
    /// Software 4 (1982).
    pub(crate) fn derivatives(&self, untied: &[T]) -> Mat<T> {
        let mut derivatives = Mat::zeros(self.ties.len(), untied.len());
        let mut point = untied.to_vec();
        let (mut above, mut below) = (Vec::new(), Vec::new());
        for (col, &x) in untied.iter().enumerate() {
            let mut tables = vec![Extrapolation::default(); self.ties.len()];
            let mut h = if x == T::zero() { T::one() } else { x.abs() } * T::of(0.125);
            for _ in 0..LEVELS {
                let (high, low) = (x + h, x - h);
                point[col] = high;
                self.expand(&point, &mut above);
                point[col] = low;
                self.expand(&point, &mut below);
                for (table, j) in tables.iter_mut().zip(self.tied()) {
                    table.add((above[j] - below[j]) / (high - low));
                }
                h *= T::of(0.5);
            }
            point[col] = x;
            for (row, table) in tables.iter().enumerate() {
                derivatives[(row, col)] = table.best;
            }
        }
        derivatives
    }
}

/// The last row of Romberg's table for differences at halved intervals, and its best entry so far.
#[derive(Clone)]
struct Extrapolation<T> {
    row: Vec<T>,
    best: T,
    error: T,
}

impl<T: Scalar> Default for Extrapolation<T> {
    fn default() -> Self {
        Self {
            row: Vec::new(),
            best: T::nan(),
            error: T::infinity(),
        }
    }
}

impl<T: Scalar> Extrapolation<T> {
    fn add(&mut self, difference: T) {
        let mut row = vec![difference];
        let mut factor = T::one();
        for (k, &before) in self.row.iter().take(ORDERS).enumerate() {
            factor *= T::of(4.0);
            let next = row[k] + (row[k] - before) / (factor - T::one());
            let error = (next - row[k]).abs().max((next - before).abs());
            // Written so that NaN is never the best.
            if error < self.error {
                (self.best, self.error) = (next, error);
            }
            row.push(next);
        }
        if self.best.is_nan() {
            self.best = difference;
        }
        self.row = row;
    }
}

impl<T> fmt::Debug for Ties<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tied: Vec<usize> = self.ties.iter().map(|(j, _)| *j).collect();
        f.debug_struct("Ties")
            .field("untied", &self.untied)
            .field("tied", &tied)
            .finish()
    }
}
