//! The input that the one-line call has to accept.

/// The model fits the data exactly and is linear in p. Each step multiplies the error by that of the
/// differences, so only rounding remains. The solution of ‖J·δ + r‖ has an error of about m·n·κ·u·max |y|.
/// With κ = ‖J‖·‖J⁺‖ ≤ 5 and |y| ≤ 7, that is 280u for the line, and less for the plane.
const ROUNDINGS: f64 = 280.0;

#[test]
fn a_closure_without_types_and_single_precision() {
    let x = [0.0f64, 1.0, 2.0, 3.0];
    let y = [1.0f64, 3.0, 5.0, 7.0];
    let double = leastwise::fit(|x, p| p[0] + p[1] * x, &x, &y, &[0.0, 0.0]).unwrap();
    let (x, y) = ([0.0f32, 1.0, 2.0, 3.0], [1.0f32, 3.0, 5.0, 7.0]);
    let single = leastwise::fit(|x, p| p[0] + p[1] * x, &x, &y, &[0.0, 0.0]).unwrap();
    assert!(double.is_success() && single.is_success());
    for (j, truth) in [1.0, 2.0].into_iter().enumerate() {
        assert!((double.parameters[j] - truth).abs() < ROUNDINGS * f64::EPSILON);
        assert!(
            (f64::from(single.parameters[j]) - truth).abs() < ROUNDINGS * f64::from(f32::EPSILON)
        );
    }
}

/// x may have any type that is `Copy`.
#[test]
fn a_plane() {
    let points = [[0.0f64, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]];
    let z = [1.0f64, 3.0, 0.0, 2.0];
    let fitted = leastwise::fit(
        |[u, v], p| p[0] + p[1] * u + p[2] * v,
        &points,
        &z,
        &[0.0; 3],
    )
    .unwrap();
    for (p, truth) in fitted.parameters.iter().zip([1.0, 2.0, -1.0]) {
        assert!((p - truth).abs() < ROUNDINGS * f64::EPSILON);
    }
}
