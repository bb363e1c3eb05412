//! One canonical scale for every problem: a norm between ½·√2 and √2.
//!
//! Scaling by a power of two changes no bit of an answer, as long as no intermediate number leaves
//! the range of `T`. Libraries square entries, and some compare them with constants near ε, so
//! their answers depend on the scale. Here every problem is first brought to the same scale, and
//! the answer is then scaled back. For 2ᵖ·A a library therefore computes the same as for A.

use crate::power::{by_power_of_two, exponent_above, first_step, power_of_two};
use crate::{Engine, Error, Mat, MatRef, Result, Scalar, norm};

/// The p for which 2⁻ᵖ·x, over all pieces, is in canonical scale; `None` if x is zero. It is
/// derived from the norm and not from the largest entry, because optimisers pass columns of norm 1,
/// which then stay unchanged.
///
/// # Errors
/// If an entry is not finite.
fn canonical_exponent<'x, T: Scalar>(
    pieces: impl Iterator<Item = &'x [T]> + Clone,
) -> Result<Option<i32>, NotFinite> {
    let (square, shift) = norm::scaled_squares(pieces);
    // The columns of an optimiser, whose length is 1, need no more than this.
    if shift == 0 && square >= T::of(0.5) && square < T::of(2.0) {
        return Ok(Some(0));
    }
    if !square.is_finite() {
        return Err(NotFinite);
    }
    let exponent = exponent_above(square).div_euclid(2) - shift;
    Ok((square > T::zero()).then_some(exponent))
}

struct NotFinite;

/// A copy of A in canonical scale and the exponent p of A = 2ᵖ·copy; `None` if A is zero.
///
/// # Errors
/// [`Error::NonFinite`].
pub(crate) fn canonical_copy<T: Scalar>(
    operation: &'static str,
    argument: &'static str,
    a: MatRef<'_, T>,
) -> Result<(Mat<T>, Option<i32>)> {
    let exponent = canonical_exponent(norm::in_order(a).pieces())
        .map_err(|NotFinite| norm::first_non_finite(operation, argument, a))?;
    let mut power = -exponent.unwrap_or(0);
    if power == 0 || !a.columns_are_contiguous() {
        let mut copy = a.to_mat();
        by_power_of_two(copy.data_mut(), power);
        return Ok((copy, exponent));
    }
    let step = first_step::<T>(power);
    let factor = power_of_two::<T>(step);
    power -= step;
    let mut data = Vec::with_capacity(a.rows() * a.cols());
    for piece in a.pieces() {
        data.extend(piece.iter().map(|&x| x * factor));
    }
    by_power_of_two(&mut data, power);
    Ok((Mat::of_columns(data, a.rows(), a.cols()), exponent))
}

/// Scales A in its own storage to canonical scale. Returns the exponent p of the factor 2⁻ᵖ, or
/// `None` if A is zero.
///
/// # Errors
/// [`Error::NonFinite`].
pub(crate) fn to_canonical<T: Scalar>(
    operation: &'static str,
    argument: &'static str,
    a: &mut Mat<T>,
) -> Result<Option<i32>> {
    let exponent = canonical_exponent(std::iter::once(a.data()))
        .map_err(|NotFinite| norm::first_non_finite(operation, argument, a.as_ref()))?;
    by_power_of_two(a.data_mut(), -exponent.unwrap_or(0));
    Ok(exponent)
}

/// The exponents of the columns of a matrix that were scaled one by one.
#[derive(Clone, Debug, Default)]
pub(crate) struct ColumnExponents {
    /// Up to the last one that is not 0.
    leading: Vec<i32>,
    pub(crate) all_zero: bool,
}

impl ColumnExponents {
    /// Scales each column of A in its own storage to canonical scale.
    ///
    /// # Errors
    /// [`Error::NonFinite`].
    pub(crate) fn of<T: Scalar>(
        operation: &'static str,
        argument: &'static str,
        a: &mut Mat<T>,
    ) -> Result<Self> {
        let mut exponents = Self::default();
        exponents.take(operation, argument, a)?;
        Ok(exponents)
    }

    /// The same, into this storage.
    ///
    /// # Errors
    /// [`Error::NonFinite`].
    pub(crate) fn take<T: Scalar>(
        &mut self,
        operation: &'static str,
        argument: &'static str,
        a: &mut Mat<T>,
    ) -> Result<()> {
        self.leading.clear();
        self.all_zero = true;
        let rows = a.rows();
        for (j, column) in a.data_mut().chunks_exact_mut(rows.max(1)).enumerate() {
            let exponent = match canonical_exponent(std::iter::once(&*column)) {
                Ok(exponent) => exponent,
                Err(NotFinite) => {
                    return Err(norm::first_non_finite(operation, argument, a.as_ref()));
                }
            };
            self.all_zero &= exponent.is_none();
            let exponent = exponent.unwrap_or(0);
            if exponent != 0 {
                by_power_of_two(column, -exponent);
                self.leading.resize(j, 0);
                self.leading.push(exponent);
            }
        }
        Ok(())
    }

    /// The p of column j, which was multiplied by 2⁻ᵖ.
    pub(crate) fn get(&self, j: usize) -> i32 {
        self.leading.get(j).copied().unwrap_or(0)
    }

    /// Whether every exponent is 0.
    pub(crate) fn all_canonical(&self) -> bool {
        self.leading.is_empty()
    }
}

/// A part of the answer to a problem in canonical scale.
#[derive(Clone, Copy)]
pub(crate) struct Answer {
    pub(crate) operation: &'static str,
    pub(crate) engine: &'static str,
}

impl Answer {
    pub(crate) fn of<B: Engine + ?Sized>(backend: &B, operation: &'static str) -> Self {
        let engine = backend.info().engine;
        Self { operation, engine }
    }

    /// x ← 2ᵖ·x for the part with this name.
    ///
    /// # Errors
    /// [`Error::WrongResult`] if an entry is not finite, [`Error::Overflow`] if one leaves the range.
    pub(crate) fn restore<T: Scalar>(self, name: &str, x: &mut [T], power: i32) -> Result<()> {
        let mut sum = T::zero();
        for xi in x.iter() {
            sum += xi.abs();
        }
        // Every entry is at most the sum.
        if !sum.is_finite() || exponent_above(sum) + power > exponent_above(T::max_value()) {
            self.refuse(name, x, power)?;
        }
        by_power_of_two(x, power);
        Ok(())
    }

    #[cold]
    fn refuse<T: Scalar>(self, name: &str, x: &[T], power: i32) -> Result<()> {
        self.finite(name, x)?;
        let largest = x.iter().map(|xi| xi.abs()).fold(T::zero(), T::max);
        let exponent = exponent_above(largest) + power;
        if largest == T::zero() || exponent <= exponent_above(T::max_value()) {
            return Ok(());
        }
        let mut leading = [largest.as_f64()];
        by_power_of_two(&mut leading, 1 - exponent_above(largest));
        let (leading, power) = (leading[0], exponent - 1);
        Err(Error::Overflow {
            operation: self.operation,
            scalar: T::NAME,
            result: format!("{name} with an entry of {leading:.2}·2^{power}"),
        })
    }

    /// Refuses a part with an entry that is not finite.
    ///
    /// # Errors
    /// [`Error::WrongResult`].
    pub(crate) fn finite<T: Scalar>(self, name: &str, x: &[T]) -> Result<()> {
        if norm::is_finite(x) {
            return Ok(());
        }
        Err(Error::WrongResult {
            operation: self.operation,
            backend: self.engine,
            detail: format!("{name} has an entry that is not finite"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_norm_of_a_canonical_copy_is_between_the_roots_of_a_half_and_of_two() {
        let sizes = [
            1e-310,
            1e-300,
            1e-163,
            1e-5,
            0.75,
            1.0,
            3e150,
            1e155,
            f64::MAX,
        ];
        for max in sizes
            .into_iter()
            .chain([f64::from_bits(4), f64::from_bits(5)])
        {
            let data = [max, max / 4.0, -max, 0.0];
            let a = MatRef::from_col_major(&data, 2, 2).unwrap();
            for view in [a, a.transpose()] {
                let (mut copy, exponent) = canonical_copy("test", "a", view).unwrap();
                let norm = copy.frobenius_norm();
                assert!((0.5..2.0).contains(&(norm * norm)), "{max:e}: {copy:?}");
                let mut in_place = view.to_mat();
                assert_eq!(to_canonical("test", "a", &mut in_place), Ok(exponent));
                assert_eq!(in_place, copy);
                by_power_of_two(copy.data_mut(), exponent.unwrap());
                assert_eq!(copy, view.to_mat());
            }
        }
        let zero = Mat::<f32>::zeros(3, 2);
        let copy = canonical_copy("test", "a", zero.as_ref());
        assert_eq!(copy, Ok((zero, None)));
    }

    #[test]
    fn columns_of_length_one_stay_and_every_scale_is_the_same_one() {
        for power in [-1000, -520, -480, -300, -1, 0, 1, 301, 480, 520, 1000] {
            let times = |x: f64| x * 2f64.powi(power);
            let mut a = Mat::from_fn(3, 1, |i, _| times([0.6, 0.0, -0.8][i]));
            let exponents = ColumnExponents::of("test", "a", &mut a).unwrap();
            assert_eq!((exponents.get(0), a.data()), (power, &[0.6, 0.0, -0.8][..]));
        }
    }

    #[test]
    fn what_leaves_the_range_is_an_overflow_with_its_size() {
        let answer = Answer {
            operation: "test",
            engine: "none",
        };
        let mut x = [0.75, -1.0];
        assert_eq!(answer.restore("x", &mut x, 1023), Ok(()));
        assert_eq!(x[1], -2f64.powi(1023));
        let error = answer.restore("x", &mut x, 1).unwrap_err();
        assert_eq!(
            error.to_string(),
            "test: x with an entry of 1.00·2^1024 exceeds the range of f64"
        );
        let mut x = [0.0f32; 2];
        assert_eq!(answer.restore("x", &mut x, 4000), Ok(()));
        let error = answer.restore("x", &mut [1.0, f32::NAN], 0).unwrap_err();
        assert!(matches!(error, Error::WrongResult { .. }), "{error}");
    }
}
