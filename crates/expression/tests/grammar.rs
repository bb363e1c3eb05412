//! Printed formulas are read as the same formulas, and no text makes the reader panic or overflow the stack.

use leastwise_expression::Expression;
use proptest::prelude::*;

#[test]
fn a_formula_is_printed_with_few_parentheses() {
    for (formula, printed) in [
        ("a*exp(-t/tau)+c", "a*exp(-t/tau) + c"),
        ("((a))", "a"),
        ("a-(b-c)", "a - (b - c)"),
        ("(a-b)-c", "a - b - c"),
        ("a/(b*c)", "a/(b*c)"),
        ("(a/b)*c", "a/b*c"),
        ("-x**2", "-x^2"),
        ("(-x)**2", "(-x)^2"),
        ("(a^b)^c", "(a^b)^c"),
        ("a^(b^c)", "a^b^c"),
        ("a^-b", "a^-b"),
        ("a^(-b*c)", "a^(-b*c)"),
        ("-(a*b)", "-(a*b)"),
        ("-a*b", "-a*b"),
        ("+a", "a"),
        ("a+-b", "a + -b"),
        ("ln(`time (s)`)", "log(`time (s)`)"),
        ("$2 * 1.50", "$2*1.5"),
        ("pow(a, b+c)", "a^(b + c)"),
        ("atan2(a,b)", "atan2(a, b)"),
        ("1e300*1e-7*100000", "1e300*1e-7*100000"),
    ] {
        let expression = Expression::parse(formula).unwrap();
        assert_eq!(expression.to_string(), printed);
        assert_eq!(Expression::parse(printed).unwrap(), expression, "{formula}");
    }
}

#[test]
fn deep_formulas_need_no_stack() {
    for formula in [
        "(".repeat(4999) + "x" + &")".repeat(4999),
        "-".repeat(9999) + "x",
        "x^".repeat(4999) + "x",
        "x+".repeat(4999) + "x",
        "exp(".repeat(1999) + "x" + &")".repeat(1999),
        "1^".repeat(4999) + "1",
    ] {
        // A stack of 64 KiB would not hold a frame for each level.
        let thread = std::thread::Builder::new().stack_size(64 << 10);
        let run = thread.spawn(move || {
            let expression = Expression::parse(&formula).unwrap();
            assert_eq!(expression.clone(), expression);
            let program = expression.program(&[], &["x"]).unwrap();
            let mut gradient = [0.0];
            let value = program.gradient(&[], &[1.0], &mut gradient);
            // Debug output is flat, too.
            assert!(!format!("{expression:?}").is_empty());
            assert!(!value.is_nan());
            expression.to_string()
        });
        assert!(!run.unwrap().join().unwrap().is_empty());
    }
    for text in [
        "(".repeat(10_000),
        "exp(".repeat(2500),
        "-".repeat(10_000),
        ")".repeat(9),
    ] {
        assert!(Expression::parse(&text).is_err());
    }
}

/// As many parameters as a formula can have. The work grows with the square of their number, and not with its cube.
#[test]
fn many_parameters_are_linear() {
    let names: Vec<String> = (0..1600).map(|j| format!("p{j:04}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let formula = format!("{}^2", names.join("+"));
    let program = Expression::parse(&formula).unwrap();
    let program = program.program(&[], &names).unwrap();
    assert_eq!(program.linear(), (0..1599).collect::<Vec<_>>());
}

/// A printed formula, read again, has the same tree.
fn assert_survives_printing(formula: &str) {
    let expression = Expression::parse(formula).unwrap_or_else(|m| panic!("{m}"));
    let printed = expression.to_string();
    let again = Expression::parse(&printed).unwrap_or_else(|m| panic!("{formula}: {m}"));
    assert_eq!(again, expression, "{formula} is printed as {printed}");
    assert_eq!(again.to_string(), printed);
}

#[test]
fn the_formulas_of_python_survive_printing() {
    for line in include_str!("data/formulas.tsv").lines() {
        assert_survives_printing(line.split('\t').next().unwrap());
    }
}

/// Formulas with any operators, signs and parentheses.
fn formulas() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        (0.0..1e3).prop_map(|x: f64| format!("{x:?}")),
        (0u32..300).prop_map(|x| format!("1e-{x}")),
        "[a-df-zα-ω_][a-z0-9_]{0,4}".prop_map(|name| name),
        "`[^`]{1,8}`".prop_map(|name| name),
        "\\$[0-9]{1,3}".prop_map(|name| name),
    ];
    leaf.prop_recursive(6, 60, 3, |inner| {
        let call = prop_oneof![
            Just("exp"),
            Just("ln"),
            Just("erfc"),
            Just("sqrt"),
            Just("")
        ];
        let call2 = prop_oneof![Just("pow"), Just("min"), Just("atan2")];
        let operator = prop_oneof![
            Just("+"),
            Just("-"),
            Just(" * "),
            Just("/"),
            Just("^"),
            Just("**")
        ];
        prop_oneof![
            (inner.clone(), operator, inner.clone()).prop_map(|(a, o, b)| format!("{a}{o}{b}")),
            (call, inner.clone()).prop_map(|(f, a)| format!("{f}({a})")),
            (call2, inner.clone(), inner.clone()).prop_map(|(f, a, b)| format!("{f}({a},{b})")),
            inner.prop_map(|a| format!("-{a}")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn formulas_survive_printing(formula in formulas()) {
        prop_assume!(formula.len() < 10_000);
        assert_survives_printing(&formula);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in any::<String>()) {
        let _ = Expression::parse(&text).map_err(|mistake| (mistake.to_string(), mistake.caret()));
    }

    #[test]
    fn no_sequence_of_tokens_makes_the_reader_panic(
        text in "([0-9.eE+*/^(),x` $\n-]|exp|pow|min|ä|−){0,40}",
        values in any::<[f64; 2]>(),
    ) {
        match Expression::parse(&text) {
            Ok(expression) => {
                let names: Vec<&str> = expression.names().collect();
                let program = expression.program(&[], &names).unwrap();
                let _ = program.gradient(&[], &values, &mut [0.0; 1]);
                assert_survives_printing(&text);
            }
            Err(mistake) => {
                let _ = (mistake.to_string(), mistake.caret());
            }
        }
    }
}
