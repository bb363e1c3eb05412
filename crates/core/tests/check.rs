//! Checks of arguments, at the ends of what each accepts.

use leastwise_core::check::{
    all_positive, at_least_one, entries, finite, fraction, invalid, positive, size,
};
use leastwise_core::{Error, Mat};

use super::watched::assert_message;

#[test]
fn a_positive_number_is_returned_and_others_are_refused() {
    for value in [f64::from_bits(1), 1.0, f64::MAX] {
        assert_eq!(positive("op", "x", value), Ok(value));
        assert_eq!(all_positive("op", "x", &[1.0, value]), Ok(()));
    }
    for value in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let refusal = format!("op: x must be positive and finite, but it is {value}");
        assert_message(positive("op", "x", value), &refusal);
        let refusal = format!("op: x must be positive and finite, but entry 2 is {value}");
        assert_message(all_positive("op", "x", &[1.0, 2.0, value, 0.0]), &refusal);
    }
    assert_eq!(all_positive::<f64>("op", "x", &[]), Ok(()));
}

#[test]
fn a_fraction_may_be_zero_and_is_less_than_one() {
    for value in [0.0, 0.5, 1.0 - f64::EPSILON] {
        assert_eq!(fraction("op", "x", value), Ok(value));
    }
    for value in [-f64::from_bits(1), 1.0, 2.0, f64::NAN] {
        let refusal = format!("op: x must be at least 0 and less than 1, but it is {value}");
        assert_message(fraction("op", "x", value), &refusal);
    }
}

#[test]
fn sizes_are_compared() {
    assert_eq!(at_least_one("op", "n", 1), Ok(1));
    assert_eq!(at_least_one("op", "n", 7), Ok(7));
    assert_message(
        at_least_one("op", "n", 0),
        "op: n must be at least 1, but it is 0",
    );
    assert_eq!(entries("op", "d", 3, 3), Ok(()));
    for found in [2, 4] {
        let refusal = format!("op: d must have 3 entries, but it has {found}");
        assert_message(entries("op", "d", 3, found), &refusal);
    }
    let mut a = Mat::<f64>::zeros(2, 3);
    assert_eq!(size("op", "a", (2, 3), &a.as_mut()), Ok(()));
    for (m, n) in [(2, 2), (3, 3), (3, 2)] {
        let refusal = format!("op: a must be {m}x{n}, but it is 2x3");
        assert_message(size("op", "a", (m, n), &a.as_mut()), &refusal);
    }
}

#[test]
fn the_first_entry_that_is_not_finite_is_named() {
    assert_eq!(finite("op", "x", &[1.0, f64::MAX]), Ok(()));
    assert_eq!(
        finite("op", "x", &[1.0, f64::INFINITY, f64::INFINITY]),
        Err(Error::NonFinite {
            operation: "op",
            argument: "x",
            row: 1,
            col: 0,
            value: f64::INFINITY,
        })
    );
    assert!(finite("op", "x", &[f64::NAN]).is_err());
    let error = invalid("op", "x", "is odd".to_owned());
    assert_eq!(error.to_string(), "op: x is odd");
}
