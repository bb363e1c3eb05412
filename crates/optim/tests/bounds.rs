//! Bounds as a user gives them.

use leastwise_core::Error;
use leastwise_optim::Bounds;

#[test]
fn bounds_that_leave_no_room_are_refused_with_the_numbers() {
    for (lower, upper) in [
        (1.0, 1.0),
        (2.0, 1.0),
        (f64::NAN, 1.0),
        (1.0, f64::NAN),
        (f64::INFINITY, f64::INFINITY),
        (f64::NEG_INFINITY, f64::NEG_INFINITY),
    ] {
        let error = Bounds::new(&[0.0, lower], &[1.0, upper]).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "Bounds: lower must be less than the upper bound, but for parameter 1 they are {lower} and {upper}"
            )
        );
    }
    assert!(matches!(
        Bounds::new(&[0.0], &[1.0, 2.0]),
        Err(Error::Shape { .. })
    ));
    let beyond = Bounds::none(2).with(2, 0.0, 1.0).unwrap_err();
    assert_eq!(
        beyond.to_string(),
        "Bounds: parameter must be less than 2, but it is 2"
    );
}

#[test]
fn the_bounds_themselves_are_inside_and_nan_is_not() {
    let bounds = Bounds::new(&[0.0, f64::NEG_INFINITY], &[1.0, 3.0]).unwrap();
    assert!(bounds.contains(&[0.0, 3.0]) && bounds.contains(&[1.0, -1e308]));
    assert!(!bounds.contains(&[0.0, f64::NAN]));
    assert!(!bounds.contains(&[1.0 + f64::EPSILON, 0.0]));
    assert!(!bounds.contains(&[0.5]));
    assert_eq!((bounds.lower()[0], bounds.upper()[1]), (0.0, 3.0));
}
