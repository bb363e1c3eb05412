//! Products with powers of two, which change no digit.

use leastwise_core::Scalar;

/// x·2^power; rounded only where that is subnormal.
pub(crate) fn times<T: Scalar>(x: T, power: i32) -> T {
    // One factor may be out of range where the product is not.
    let half = power / 2;
    x * factor::<T>(half) * factor::<T>(power - half)
}

/// v ← v·2^power.
pub(crate) fn scale<T: Scalar>(v: &mut [T], power: i32) {
    if power == 0 {
        return;
    }
    let half = power / 2;
    let (first, second) = (factor::<T>(half), factor::<T>(power - half));
    for entry in v {
        *entry = *entry * first * second;
    }
}

fn factor<T: Scalar>(power: i32) -> T {
    T::of(2f64.powi(power))
}

/// An e with |x| between 2^(e − 1) and 2^(e + 1), for x finite and not zero.
#[expect(clippy::cast_possible_truncation, reason = "at most 1074")]
pub(crate) fn exponent<T: Scalar>(x: T) -> i32 {
    x.as_f64().abs().log2().round() as i32
}
