//! The parts of the incomplete beta function that Student's t and the F distribution share.

/// Γ(a + ½)/Γ(a). A difference of logarithms would lose more and more digits as a grows.
///
/// Source: NIST Digital Library of Mathematical Functions, 5.5.1 and 5.11.14. The omitted term is 2.4e-3/w¹⁰.
pub(super) fn gamma_ratio(mut a: f64) -> f64 {
    let mut factor = 1.0;
    while a < 16.0 {
        factor *= a / (a + 0.5);
        a += 1.0;
    }
    let w = a - 0.25;
    let s = 1.0 / (w * w);
    let fourth = -174_317.0 / 134_217_728.0;
    let third = 631.0 / 524_288.0 + s * fourth;
    let second = -19.0 / 8192.0 + s * third;
    factor * w.sqrt() * (1.0 + s * (1.0 / 64.0 + s * second))
}

/// ₂F₁(1, a + b; b + 1; y), a series of positive terms. It is short if y is below the mean b/(a + b).
///
/// 1 − I_x(a, b) for x = 1 − y is xᵃ·yᵇ·Γ(a + b)/(Γ(a)·Γ(b + 1)) times this.
///
/// Source: NIST Digital Library of Mathematical Functions, 8.17.8.
pub(super) fn series(a: f64, b: f64, y: f64) -> f64 {
    let (mut sum, mut term, mut k) = (1.0, 1.0, 0.0);
    while term > f64::EPSILON * 0.01 * sum {
        term *= y * (a + b + k) / (b + 1.0 + k);
        sum += term;
        k += 1.0;
    }
    sum
}

/// ₂F₁(1, a + b; a + 1; x) by a continued fraction, with y = 1 − x. It is short if x is below the mean a/(a + b).
///
/// I_x(a, b) is xᵃ·yᵇ·Γ(a + b)/(Γ(a + 1)·Γ(b)) times this. The function is ₂F₁(1 − b, 1; a + 1; −x/y)/y. The fraction
/// of that needs few terms for large a, too, where it becomes that of the incomplete Γ function.
///
/// Source: NIST Digital Library of Mathematical Functions, 15.8.1 and 15.7.1 (Gauss), evaluated by Lentz's method.
pub(super) fn fraction(a: f64, b: f64, x: f64, y: f64) -> f64 {
    // Some hundreds are needed near the mean of large a and b.
    const TERMS: u32 = 20_000;
    let coefficient = |j: u32| {
        let m = f64::from(j / 2);
        let numerator = if j.is_multiple_of(2) {
            m * (a + b + m - 1.0)
        } else {
            (1.0 - b + m) * (a + m)
        };
        let j = f64::from(j);
        numerator / ((a + j - 1.0) * (a + j)) * (x / y)
    };
    let (mut fraction, mut c, mut d) = (1.0, 1.0, 0.0);
    for j in 1..TERMS {
        let dj = coefficient(j);
        c = 1.0 + dj / c;
        d = 1.0 / (1.0 + dj * d);
        fraction *= c * d;
        if (c * d - 1.0).abs() <= f64::EPSILON {
            break;
        }
    }
    1.0 / (fraction * y)
}
