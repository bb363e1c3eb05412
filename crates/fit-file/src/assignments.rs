//! Lists for parameters: `a=1,tau=5`, `a=0:,tau=0.1:10` and `b=2*a,c=min(a, b)`.

use crate::error::{Result, bad_input};

/// The pairs of `text`, in their order.
///
/// # Errors
/// A pair without a name or a value, and a name that occurs twice.
fn pairs<'a>(flag: &str, text: Option<&'a str>) -> Result<Vec<(&'a str, &'a str)>> {
    let mut pairs: Vec<(&str, &str)> = Vec::new();
    let text = text.unwrap_or_default();
    for pair in items(text).into_iter().filter(|_| !text.trim().is_empty()) {
        let Some((name, value)) = pair.split_once('=') else {
            let problem = format!("{flag}: {pair:?} must be NAME=VALUE, as in a=1,tau=5");
            return Err(bad_input(problem));
        };
        let name = name.trim();
        if name.is_empty() {
            return Err(bad_input(format!("{flag}: {pair:?} has no name")));
        }
        if pairs.iter().any(|(known, _)| *known == name) {
            return Err(bad_input(format!("{flag}: {name} has two values")));
        }
        pairs.push((name, value.trim()));
    }
    Ok(pairs)
}

/// The parts between commas. A comma between parentheses or backticks is part of a formula.
fn items(text: &str) -> Vec<&str> {
    let (mut depth, mut is_quoted) = (0_usize, false);
    text.split(|character| {
        match character {
            '`' => is_quoted = !is_quoted,
            '(' if !is_quoted => depth += 1,
            ')' if !is_quoted => depth = depth.saturating_sub(1),
            ',' => return depth == 0 && !is_quoted,
            _ => (),
        }
        false
    })
    .collect()
}

fn number(flag: &str, name: &str, value: &str) -> Result<f64> {
    let number = value.parse().ok().filter(|number: &f64| number.is_finite());
    number.ok_or_else(|| {
        bad_input(format!(
            "{flag}: the value of {name} must be a number, but it is {value:?}"
        ))
    })
}

/// `a=1,tau=5`.
///
/// # Errors
/// A list that is not of this form.
pub(crate) fn values<'a>(flag: &str, text: Option<&'a str>) -> Result<Vec<(&'a str, f64)>> {
    let pairs = pairs(flag, text)?.into_iter();
    pairs
        .map(|(name, value)| Ok((name, number(flag, name, value)?)))
        .collect()
}

/// `b=2*a,c=min(a, b)`.
///
/// # Errors
/// A list that is not of this form.
pub(crate) fn formulas<'a>(flag: &str, text: Option<&'a str>) -> Result<Vec<(&'a str, &'a str)>> {
    pairs(flag, text)
}

/// `a=0:,tau=0.1:10`. An end that is left out is infinite.
///
/// # Errors
/// A list that is not of this form, and a lower end that is not below the upper end.
pub(crate) fn ranges<'a>(flag: &str, text: Option<&'a str>) -> Result<Vec<(&'a str, f64, f64)>> {
    let range = |(name, value): (&'a str, &str)| {
        let Some((low, high)) = value.split_once(':') else {
            let problem = format!(
                "{flag}: the bounds of {name} must be LOW:HIGH, as in {name}=0: or {name}=0:1"
            );
            return Err(bad_input(problem));
        };
        let end = |text: &str, infinite: f64| match text.trim() {
            "" => Ok(infinite),
            text => number(flag, name, text),
        };
        let (low, high) = (end(low, f64::NEG_INFINITY)?, end(high, f64::INFINITY)?);
        if low < high {
            return Ok((name, low, high));
        }
        let problem = format!(
            "{flag}: the lower bound of {name}, {low}, must be below the upper one, {high}; to hold it, use --fix"
        );
        Err(bad_input(problem))
    };
    pairs(flag, text)?.into_iter().map(range).collect()
}
