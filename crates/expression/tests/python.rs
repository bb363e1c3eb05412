//! Formulas are read as Python reads them.

use leastwise_expression::Expression;

/// `formulas.py` keeps a formula only if errors of ε in each operation change its value by at most 1,000·ε. Python's
/// functions and ours are right to 4 units in the last place.
const TOLERANCE: f64 = 1000.0 * 4.0 * f64::EPSILON;

#[test]
fn a_thousand_formulas_have_the_values_of_python() {
    let mut count = 0;
    for line in include_str!("data/formulas.tsv").lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let numbers: Vec<f64> = fields[1..].iter().map(|f| f.parse().unwrap()).collect();
        let expected = numbers[4];
        let expression = Expression::parse(fields[0]).unwrap_or_else(|m| panic!("{m}"));
        let program = expression.program(&["x", "y"], &["e", "tau"]).unwrap();
        let value = program.value(&numbers[..2], &numbers[2..4]);
        let error = (value - expected).abs() / expected.abs();
        assert!(error <= TOLERANCE, "{line}: {value}, error {error:e}");
        count += 1;
    }
    assert_eq!(count, 1000);
}

#[test]
fn formulas_that_other_parsers_misread() {
    for (formula, expected) in [
        ("-2^2", -4.0),
        ("2^3^2", 512.0),
        ("2**3**2", 512.0),
        ("2^-1^2", 0.5),
        ("exp(-2^2)", (-4f64).exp()),
        ("1e3", 1000.0),
        ("1e-3*2", 2e-3),
        ("2-3-4", -5.0),
        ("2/3/4", 2.0 / 3.0 / 4.0),
        ("2/3*4", 2.0 / 3.0 * 4.0),
        ("-2*-3", 6.0),
        ("- - 2", 2.0),
        ("4^0.5^2", 4f64.powf(0.25)),
        ("-(-8)^3", 512.0),
        ("log(exp(3))", 3.0),
        ("ln(exp(3))", 3.0),
        ("pow(2, 3)^2", 64.0),
        ("cos(pi)", -1.0),
        ("max(1, min(5, 3))", 3.0),
    ] {
        let program = Expression::parse(formula)
            .unwrap()
            .program(&[], &[])
            .unwrap();
        assert_eq!(program.value(&[], &[]), expected, "{formula}");
    }
}

#[test]
fn e_and_pi_may_be_parameters() {
    let expression = Expression::parse("e + pi").unwrap();
    let program = expression.program(&[], &["e", "pi"]).unwrap();
    assert_eq!(program.value(&[], &[1.0, 2.0]), 3.0);
    let program = expression.program(&["pi"], &["e"]).unwrap();
    assert_eq!(program.value(&[5.0], &[1.0]), 6.0);
    let mistake = expression.program(&["t", "y"], &["a"]).unwrap_err();
    assert_eq!(
        mistake.to_string(),
        "column 1: e is neither a column nor a parameter; the columns are t, y, and the parameters are a; Euler's \
         number is exp(1): ▸e + pi"
    );
}

/// Outside their domain, functions return what IEEE 754 says.
#[test]
fn there_is_no_error_outside_a_domain() {
    let value = |formula: &str| {
        let program = Expression::parse(formula)
            .unwrap()
            .program(&[], &[])
            .unwrap();
        program.value(&[], &[])
    };
    assert_eq!(value("log(0)"), f64::NEG_INFINITY);
    assert_eq!(value("1/0"), f64::INFINITY);
    assert_eq!(value("exp(1000)"), f64::INFINITY);
    for formula in [
        "log(-1)",
        "sqrt(-1)",
        "(-8)^(1/3)",
        "0/0",
        "acos(2)",
        "min(0/0, 1)",
        "max(1, 0/0)",
    ] {
        assert!(value(formula).is_nan(), "{formula}");
    }
}
