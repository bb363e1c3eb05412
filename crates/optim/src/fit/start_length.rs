//! Explains an error that comes from a start of the wrong length.
//!
//! A model is a closure that indexes p, so the number of entries that it reads is known only by calling it.
//! If a model panics at the start, it is called again with more entries and with fewer.

use std::panic::{AssertUnwindSafe, catch_unwind};

use leastwise_core::{Error, Scalar};

use crate::caught::message;

/// The largest numbers of additional and of missing entries that are tried. Each trial may print a panic.
const TRIALS: usize = 8;

/// More parameters than any model that is fitted by a dense factorisation.
const MOST: usize = 100_000;

/// Returns `error`, or the fault of `start` if its length is the cause. This is so if the model panics at the
/// start but not with another number of entries, or if it reads an entry that the start does not have.
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

/// Finds that the model reads p[index] although p is too short. With enough entries for that index, the model
/// runs, or reads beyond those.
fn read_beyond(
    panic: &str,
    n: usize,
    panics_with: impl Fn(usize) -> Option<String>,
) -> Option<String> {
    let beyond = |entries| format!("index out of bounds: the len is {entries} but the index is ");
    let index: usize = panic.strip_prefix(&beyond(n))?.parse().ok()?;
    // An index that no start can have is a mistake of another kind.
    let longer = (index < MOST).then_some(index + 1)?;
    let is_start = panics_with(longer).is_none_or(|other| other.starts_with(&beyond(longer)));
    is_start.then(|| format!("the model reads an entry beyond them, p[{index}]"))
}

/// Finds that the model needs more or fewer entries, if it does not panic with another number.
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
            "the model needs more entries; it runs with {entries} and panics with {n} ({panic})"
        ));
    }
    let entries = fewer()?;
    Some(format!(
        "the model needs fewer entries; it runs with {entries} and panics with {n} ({panic})"
    ))
}
