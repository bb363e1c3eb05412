//! Each mistake is found at its place, with a hint.

use leastwise_expression::Expression;

#[test]
fn mistakes_have_a_place_and_a_hint() {
    for (formula, column, hint) in [
        ("", 1, "empty"),
        ("   ", 4, "empty"),
        ("2x", 2, "written with *"),
        ("2 x", 3, "written with *"),
        (
            "a(t + 1)",
            1,
            "a is not a function; for a product, write a*(",
        ),
        ("(a)(b)", 4, "written with *"),
        ("2(b)", 2, "written with *"),
        ("1e", 2, "written with *"),
        ("sin x", 5, "sin needs parentheses: sin(…)"),
        ("a*exp(-t/tau", 6, "not closed"),
        ("((a)", 1, "not closed"),
        ("a)", 2, "not opened"),
        ("a*", 3, "missing here"),
        ("*a", 1, "missing here"),
        ("a+*b", 3, "missing here"),
        ("a//b", 3, "// is not an operator"),
        ("a***b", 4, "missing here"),
        ("()", 2, "missing in the parentheses"),
        ("exp()", 5, "missing in the parentheses"),
        ("0,5*x", 2, "decimal mark is a point"),
        ("exp(0,5)", 6, "no further argument"),
        ("pow(1,2,3)", 8, "no further argument"),
        ("pow(1)", 6, "needs two arguments"),
        ("max((1,2), 3)", 7, "decimal mark is a point"),
        ("y = a*x", 3, "right-hand side"),
        ("a − b", 3, "write -"),
        ("a × b", 3, "write *"),
        ("x²", 2, "write ^2"),
        ("np.exp(x)", 3, "not np.exp"),
        ("a[1]", 2, "only ( and )"),
        ("`a", 1, "backtick"),
        ("``", 1, "backtick"),
        ("$x", 1, "number of a column"),
        ("'a'", 1, "between backticks"),
        ("a % b", 3, "'%' is no operator"),
        ("a # b", 3, "'#' is no operator"),
        ("1e999", 1, "beyond the range"),
        ("1_000", 2, "written with *"),
        ("αβ + 2γ", 7, "written with *"),
    ] {
        let mistake = Expression::parse(formula).expect_err(formula);
        assert_eq!(mistake.column(), column, "{mistake}");
        assert!(mistake.problem().contains(hint), "{mistake}");
        assert_eq!(mistake.to_string().lines().count(), 1, "{mistake}");
        assert_eq!(mistake.caret().lines().count(), 2, "{mistake}");
    }
}

#[test]
fn a_message_shows_a_part_of_a_long_formula() {
    let formula = format!("{}\n+ 2x{}", "a + ".repeat(40) + "b", " + c".repeat(40));
    let mistake = Expression::parse(&formula).unwrap_err();
    assert_eq!(
        mistake.to_string(),
        "column 166: an operator is missing here; a product is written with *: … + a + a + a + a + b + 2▸x + c + c + c + c + c + …"
    );
}

#[test]
fn a_formula_has_a_largest_length() {
    assert!(Expression::parse(&"1+".repeat(5000)).unwrap_err().column() == 10_001);
    let mistake = Expression::parse(&"1".repeat(10_001)).unwrap_err();
    assert!(
        mistake.problem().contains("at most 10000 bytes"),
        "{mistake}"
    );
}

#[test]
fn an_unknown_name_lists_the_columns() {
    let expression = Expression::parse("a*exp(-tt/tau)").unwrap();
    let mistake = expression
        .program(&["t", "counts"], &["a", "tau"])
        .unwrap_err();
    assert_eq!(mistake.column(), 8);
    assert!(
        mistake.problem().contains("the columns are t, counts"),
        "{mistake}"
    );
}

/// A name between backticks may have a line break. Found by fuzzing.
#[test]
fn a_message_about_a_name_of_two_lines_has_one_line() {
    let expression = Expression::parse("a + `time\n(s)`").unwrap();
    let mistake = expression.program(&[], &["a"]).unwrap_err();
    assert_eq!(mistake.to_string().lines().count(), 1, "{mistake}");
    assert_eq!(mistake.caret().lines().count(), 2, "{mistake}");
    assert!(mistake.problem().starts_with("time (s) is neither"));
}
