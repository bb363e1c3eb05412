//! The pages of the book are what its code prints and draws.

use std::path::Path;

#[path = "../examples/book/main.rs"]
#[expect(dead_code, reason = "main is not called")]
mod chapters;

#[test]
fn every_page_of_the_book_is_what_its_code_prints() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/book");
    for chapter in &chapters::CHAPTERS {
        let (text, picture) = chapters::run(chapter).unwrap();
        let signature = b"\x89PNG\r\n\x1a\n";
        assert!(picture.starts_with(signature), "{}", chapter.file);
        let page = folder.join(chapter.file).with_extension("md");
        let written = std::fs::read_to_string(&page).unwrap();
        assert!(
            is_same(&written, &text),
            "{} should be\n{text}\n(cargo run --release -p leastwise --example book -- docs/book)",
            page.display()
        );
        assert!(folder.join(chapter.file).with_extension("png").exists());
    }
}

/// Whether the words are the same. Numbers may differ as those of two machines do, whose functions such as `exp` and
/// whose sums round differently: by one unit of their last digit, or by 1e-5.
fn is_same(written: &str, printed: &str) -> bool {
    let words = || written.split_whitespace().zip(printed.split_whitespace());
    written.split_whitespace().count() == printed.split_whitespace().count()
        && words().all(|(a, b)| a == b || number(a).zip(number(b)).is_some_and(are_near))
}

/// A number, and the unit of its last digit. `None` if the word is not a number.
fn number(word: &str) -> Option<(f64, f64)> {
    let digits = word.trim_matches(|c: char| !(c.is_ascii_digit() || c == '-'));
    let value: f64 = digits.parse().ok()?;
    let decimals = digits.split_once('.').map_or(0, |(_, after)| after.len());
    let unit = 0.1f64.powi(i32::try_from(decimals).ok()?);
    Some((value, if digits.contains('e') { 0.0 } else { unit }))
}

fn are_near(((a, unit), (b, _)): ((f64, f64), (f64, f64))) -> bool {
    (a - b).abs() <= f64::max(1.01 * unit, 1e-5 * a.abs())
}

#[test]
fn pages_differ_if_a_word_or_a_digit_before_the_last_differs() {
    assert!(is_same(
        "tau 1.2345678 ± 0.12 ns,",
        "tau  1.2345699 ± 0.13 ns,"
    ));
    assert!(is_same("from 1.234567e-3", "from 1.234568e-3"));
    assert!(!is_same("from 1.234567e-3", "from 1.234667e-3"));
    assert!(!is_same("tau 1.23", "tau 1.25"));
    assert!(!is_same("tau 1.23", "mu 1.23"));
    assert!(!is_same("tau 1.23", "tau 1.23 ns"));
}
