//! The requirements on every reader, for any file: no panic, no hang, and memory in proportion to the file.

use std::time::{Duration, Instant};

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
            Err(refused) => {
                let message = refused.to_string();
                assert!(!message.is_empty() && message.len() < 1000, "{message}");
                assert!(!message.contains(['\n', '\r']), "{message:?}");
            }
        }
    });
}
