//! A start whose length is not the number of parameters of the model.
//!
//! A model is a closure that indexes p: how many entries it reads is known only from calling it. One that panics at
//! the start is called again with more entries and with fewer.

use std::panic::{AssertUnwindSafe, catch_unwind};

use leastwise_core::{Error, Scalar};

use super::guarded::message;

/// So many entries more and fewer are tried. Each trial may print a panic.
const TRIALS: usize = 8;

/// More parameters than any model has that is fitted by a dense factorisation.
const MOST: usize = 100_000;

/// `error`, or what is wrong with the length of `start` if that is the cause: if the model panics at the start and does
/// not with another number of entries, or if it reads an entry that the start does not have.
pub(super) fn explained<T, X, F>(error: Error, model: F, x: &[X], start: &[T]) -> Error
where
    T: Scalar,
    X: Copy,
    F: Fn(X, &[T]) -> T,
{
    if !matches!(error, Error::Panic { .. }) {
        return error;
    }
    let panics_with = |entries: usize| {
        let mut p = start.to_vec();
        p.resize(entries, T::one());
        let call = || {
            for &xi in x {
                let _ = model(xi, &p);
            }
        };
        catch_unwind(AssertUnwindSafe(call))
            .err()
            .map(|payload| message(&*payload))
    };
    let n = start.len();
    let Some(panic) = panics_with(n) else {
        return error;
    };
    let reason =
        read_beyond(&panic, n, panics_with).or_else(|| other_length(&panic, n, panics_with));
    match reason {
        None => error,
        Some(reason) => Error::Shape {
            operation: "fit",
            argument: "start",
            detail: format!(
                "must have one entry for each parameter of the model, but it has {n}: {reason}"
            ),
        },
    }
}

/// That the model reads p[index], if it is p that is too short: with enough entries for that index it runs, or reads
/// beyond those.
fn read_beyond(
    panic: &str,
    n: usize,
    panics_with: impl Fn(usize) -> Option<String>,
) -> Option<String> {
    let beyond = |entries| format!("index out of bounds: the len is {entries} but the index is ");
    let index: usize = panic.strip_prefix(&beyond(n))?.parse().ok()?;
    // An index that no start reaches is a mistake of another kind.
    let longer = (index < MOST).then_some(index + 1)?;
    let is_start = panics_with(longer).is_none_or(|other| other.starts_with(&beyond(longer)));
    is_start.then(|| format!("the model reads an entry beyond them, p[{index}]"))
}

/// That the model wants more or fewer entries, if there is a number with which it does not panic.
fn other_length(
    panic: &str,
    n: usize,
    panics_with: impl Fn(usize) -> Option<String>,
) -> Option<String> {
    let runs = |entries: &usize| panics_with(*entries).is_none();
    let more = || (n + 1..=n + TRIALS).find(runs);
    let fewer = || (n.saturating_sub(TRIALS).max(1)..n).rev().find(runs);
    if let Some(entries) = more() {
        return Some(format!(
            "the model needs entries beyond them, it runs with {entries} and panics with {n} ({panic})"
        ));
    }
    let entries = fewer()?;
    Some(format!(
        "the model takes fewer, it runs with {entries} and panics with {n} ({panic})"
    ))
}
