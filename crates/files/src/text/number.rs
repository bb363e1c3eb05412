//! Decides whether an entry of a table is a number, a name, or neither.

use crate::options::Decimal;

/// An entry, without blanks and quotes around it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Entry {
    Number(Form),
    /// A number with separators of thousands, such as `1,234.5` or `1 234 567`.
    Grouped,
    /// Infinity or NaN, which a matrix cannot have.
    NotFinite,
    Empty,
    /// A text that programs write if there is no number.
    Missing,
    /// A possible name of a column or a row. It has a letter before its first digit.
    Name,
    Other,
}

/// How a number is written.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Form {
    /// The decimal mark.
    pub(super) mark: Option<Decimal>,
    /// Whether the digits around the mark could be thousands: `1,234`, but not `0,234` or `1,23`.
    pub(super) like_thousands: bool,
    /// The number of digits after the mark.
    pub(super) fraction: usize,
    /// Whether a zero and more digits follow the mark.
    pub(super) zero_leads: bool,
    /// Whether the text consists only of digits, like a name that is a number.
    pub(super) plain: bool,
}

impl Entry {
    pub(super) fn of(text: &str) -> Self {
        if text.is_empty() {
            return Self::Empty;
        }
        if let Some(form) = Form::of(text) {
            return Self::Number(form);
        }
        if is_grouped(text) {
            return Self::Grouped;
        }
        let lower = text.to_lowercase();
        match lower.trim_start_matches(['+', '-']) {
            "nan" | "inf" | "infinity" => return Self::NotFinite,
            "na" | "n/a" | "n.a." | "<na>" | "null" | "none" | "nil" | "missing" => {
                return Self::Missing;
            }
            // If truth values were names, a row of them would be taken for a header.
            "true" | "false" => return Self::Other,
            _ if is_spreadsheet_error(text) => return Self::Missing,
            _ => {}
        }
        match text.chars().find(|c| c.is_alphabetic() || c.is_numeric()) {
            Some(first) if first.is_alphabetic() => Self::Name,
            _ => Self::Other,
        }
    }
}

/// An error such as `#N/A`, `#REF!` or `#NAME?`, in any language of the spreadsheet.
pub(super) fn is_spreadsheet_error(text: &str) -> bool {
    is_capitals_after_hash(text)
        && (text.contains(['/', '!', '?']) || matches!(text, "#NV" | "#NA" | "#ND"))
}

/// Whether the text is `#` followed by capitals.
pub(super) fn is_capitals_after_hash(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|word| {
        word.contains(char::is_alphabetic)
            && !word.contains(|c: char| c.is_lowercase() || c.is_whitespace())
    })
}

impl Form {
    /// Parses a number: a sign, digits with an optional mark among them, and an exponent with E or D. A point
    /// may also be before or after the digits. A comma there would be a delimiter.
    fn of(text: &str) -> Option<Self> {
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let (whole, rest) = split_digits(unsigned);
        let mark = match rest.as_bytes().first() {
            Some(b'.') => Some(Decimal::Point),
            Some(b',') => Some(Decimal::Comma),
            _ => None,
        };
        let (fraction, exponent) = split_digits(&rest[usize::from(mark.is_some())..]);
        let lacking = usize::from(whole.is_empty()) + usize::from(fraction.is_empty());
        if lacking == 2 || lacking == 1 && mark == Some(Decimal::Comma) {
            return None;
        }
        if let Some(power) = exponent.strip_prefix(['e', 'E', 'd', 'D']) {
            let (digits, rest) = split_digits(power.strip_prefix(['+', '-']).unwrap_or(power));
            if digits.is_empty() || !rest.is_empty() {
                return None;
            }
        } else if !exponent.is_empty() {
            return None;
        }
        Some(Self {
            mark,
            like_thousands: exponent.is_empty()
                && fraction.len() == 3
                && (1..=3).contains(&whole.len())
                && !whole.starts_with('0'),
            fraction: fraction.len(),
            zero_leads: fraction.len() > 1 && fraction.starts_with('0'),
            plain: whole.len() == text.len(),
        })
    }
}

/// Whether the text has groups of three digits after a group of up to three, with the same separator, and
/// optionally a fraction. A single separator may be a decimal mark, so it does not count.
fn is_grouped(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (first, mut rest) = split_digits(unsigned);
    let Some(separator) = rest.chars().next() else {
        return false;
    };
    if !(1..=3).contains(&first.len()) || !",.'’ \u{a0}\u{202f}".contains(separator) {
        return false;
    }
    let mut groups = 0;
    while let Some((group, behind)) = rest.strip_prefix(separator).map(split_digits) {
        if group.len() != 3 {
            return false;
        }
        (groups, rest) = (groups + 1, behind);
    }
    let fraction = rest.strip_prefix(['.', ',']).map(split_digits);
    match fraction {
        Some((digits, behind)) => !digits.is_empty() && behind.is_empty(),
        None => rest.is_empty() && (groups > 1 || ![',', '.'].contains(&separator)),
    }
}

fn split_digits(text: &str) -> (&str, &str) {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    text.split_at(text.len() - rest.len())
}

/// The value of a number, infinity or NaN.
pub(crate) fn value(text: &str) -> Option<f64> {
    match Entry::of(text) {
        Entry::Number(_) if text.contains([',', 'd', 'D']) => {
            text.replace(',', ".").replace(['d', 'D'], "e").parse().ok()
        }
        Entry::Number(_) | Entry::NotFinite => text.parse().ok(),
        _ => None,
    }
}
