//! The requirements on every reader, for any text: no panic, no hang, and memory in proportion to the text.

use std::time::{Duration, Instant};

use leastwise_expression::{Expression, Mistake};
use leastwise_files::{Decimal, Delimiter, Format, Options, parse};

/// The time limit for one file of a few kilobytes.
const LONGEST: Duration = Duration::from_secs(1);
/// Memory for buffers and messages, which does not grow with the file.
const OVERHEAD: u64 = 64 << 10;

/// Runs `read` on a file of `length` bytes whose matrix may take `dense` bytes. It panics if `read` takes too
/// long, or more memory than ten times the file.
pub fn hold(length: usize, dense: u64, read: impl Fn()) {
    let too_long = || {
        let start = Instant::now();
        let taken = allocation_counter::measure(&read);
        let limit = 10 * length as u64 + dense + OVERHEAD;
        assert!(
            taken.bytes_max <= limit,
            "{} bytes for a file of {length}",
            taken.bytes_max
        );
        start.elapsed() > LONGEST
    };
    // A single slow run may be a pause of the machine.
    let is_hang = (0..3).all(|_| too_long());
    assert!(
        !is_hang,
        "more than {LONGEST:?} for a file of {length} bytes"
    );
}

/// Reads a matrix with options that the bytes determine.
pub fn matrix(format: Format, bytes: &[u8]) {
    let sum = bytes
        .iter()
        .fold(0_usize, |sum, &byte| sum + usize::from(byte));
    // Most files are read without flags.
    let choice = |of: usize| (sum.is_multiple_of(4)).then_some(sum / of % 7);
    let yes_or_no = |of| choice(of).filter(|&c| c < 2).map(|c| c == 1);
    let options = Options {
        header: yes_or_no(4),
        index_column: yes_or_no(28),
        delimiter: choice(196).and_then(|c| Delimiter::ALL.get(c).copied()),
        decimal: choice(1372).and_then(|c| [Decimal::Point, Decimal::Comma].get(c).copied()),
        column: sum % 2 == 1,
        max_entries: 1 << 14,
    };
    // A sparse file becomes dense.
    let dense = if format == Format::MatrixMarket {
        8 * options.max_entries as u64
    } else {
        0
    };
    hold(bytes.len(), dense, || {
        match parse(format, bytes, &options) {
            Ok(table) => {
                let entries = table.matrix.data();
                assert!((1..=options.max_entries).contains(&entries.len()));
                assert!(entries.iter().all(|entry| entry.is_finite()));
            }
            Err(refused) => one_line(&refused.to_string()),
        }
    });
}

fn one_line(message: &str) {
    assert!(!message.is_empty() && message.len() < 1000, "{message}");
    assert!(!message.contains(['\n', '\r']), "{message:?}");
}

/// The longest formula that is read, in bytes.
const LONGEST_FORMULA: usize = 10_000;

/// Reads a formula, prints it, and computes its values and derivatives.
pub fn expression(text: &str) {
    // The tokens, the tree, and the text of its parts.
    let tree = 400 * text.len() as u64;
    hold(text.len(), tree, || match Expression::parse(text) {
        Ok(expression) => formula(&expression),
        Err(mistake) => explained(&mistake),
    });
}

fn explained(mistake: &Mistake) {
    assert_eq!(mistake.to_string().lines().count(), 1, "{mistake:?}");
    assert_eq!(mistake.caret().lines().count(), 2, "{mistake}");
}

fn formula(expression: &Expression) {
    let names: Vec<&str> = expression.names().collect();
    // The first half are columns, and the others parameters.
    let (columns, parameters) = names.split_at(names.len() / 2);
    let program = expression.program(columns, parameters);
    let program = program.expect("every name is known");
    let again = Expression::parse(&expression.to_string());
    if let Err(mistake) = &again {
        assert!(expression.to_string().len() > LONGEST_FORMULA, "{mistake}");
    }
    let again = again.ok().map(|again| {
        assert_eq!(again, *expression);
        let program = again.program(columns, parameters);
        program.expect("the same names")
    });
    if let Err(mistake) = expression.program(&[], &[]) {
        explained(&mistake);
    }
    let linear = program.linear();
    assert!(linear.iter().all(|&j| j < parameters.len()));
    let mut gradient = vec![f64::NAN; parameters.len()];
    for point in [0.0, 0.7, -1.5, 1e3, 1e-300, 1e300, f64::INFINITY, f64::NAN] {
        let values = |count: usize| (0..count).map(|j| point / (1.0 + j as f64)).collect::<Vec<f64>>();
        let (x, p) = (values(columns.len()), values(parameters.len()));
        let value = program.value(&x, &p);
        let with_gradient = program.gradient(&x, &p, &mut gradient);
        assert!(is_same(value, with_gradient), "{value:e}, {with_gradient:e}");
        if let Some(again) = &again {
            let printed = again.value(&x, &p);
            assert!(is_same(value, printed), "{value:e}, {printed:e} as printed");
        }
    }
}

/// The same bits, or NaN, whose bits say nothing.
fn is_same(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()
}
