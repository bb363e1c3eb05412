//! Recommends a contender, in a sentence.

use super::groups::{Group, fastest};
use crate::model::Status;
use crate::record::CellRecord;
use crate::statistics::median;
use leastwise_conformance::STABLE_BACKWARD_ERROR;
use leastwise_format::{digits, human_time};

/// The contender to take for a user's own system. It is the fastest of those that are accurate enough. If
/// nothing was timed, it is the one with the most correct digits. A library that gave a wrong answer to the
/// system by any method is never recommended.
#[must_use]
pub fn recommended<'a>(group: &Group<'a>) -> Option<&'a CellRecord> {
    let accurate = || trusted(group);
    let error = |cell: &CellRecord| cell.forward_error.unwrap_or(f64::INFINITY);
    let best = fastest(accurate());
    best.or_else(|| accurate().min_by(|a, b| error(a).total_cmp(&error(b))))
}

/// The cells that are accurate enough, of libraries without a wrong answer to this system.
fn trusted<'g, 'a>(group: &'g Group<'a>) -> impl Iterator<Item = &'a CellRecord> + use<'g, 'a> {
    let faults = group.contenders().filter(|cell| cell.status.is_fault());
    let wrong: Vec<&str> = faults.map(library).collect();
    let accurate = group.contenders().filter(|cell| is_accurate(cell));
    accurate.filter(move |cell| !wrong.contains(&library(cell)))
}

/// The library of a cell. That of a contender's backend is the contender.
fn library(cell: &CellRecord) -> &str {
    cell.engine.strip_suffix("-backend").unwrap_or(&cell.engine)
}

/// Whether the answer is right and has the backward error of a stable method.
fn is_accurate(cell: &CellRecord) -> bool {
    let error = cell.backward_error_u;
    cell.status == Status::Ok && error.is_some_and(|error| error <= STABLE_BACKWARD_ERROR)
}

/// The contender to take, and why. If nothing was timed, it lists the contenders that are accurate enough.
pub fn recommendation(group: &Group<'_>) -> String {
    let Some(best) = recommended(group) else {
        return "No answer is accurate enough to be recommended: read the reasons above."
            .to_owned();
    };
    if best.samples_ns.is_empty() {
        return accurate_enough(group);
    }
    let mut parts = vec![format!(
        "Take {}: its answer is right ({}), and no other accurate contender was faster ({})",
        best.label(),
        accuracy(best),
        human_time(median(&best.samples_ns)),
    )];
    let equals: Vec<String> = group
        .winners()
        .filter(|cell| !std::ptr::eq(*cell, best))
        .filter(|cell| trusted(group).any(|other| std::ptr::eq(other, *cell)))
        .map(CellRecord::label)
        .collect();
    match &equals[..] {
        [] => {}
        [one] => parts.push(format!("{one} is statistically tied with it")),
        many => parts.push(format!(
            "{} are statistically tied with it",
            many.join(" and ")
        )),
    }
    let count = |matching: fn(&CellRecord) -> bool| {
        group.contenders().filter(|cell| matching(cell)).count()
    };
    match count(|cell| cell.status.is_fault()) {
        0 => {}
        1 => parts.push("1 answer was wrong".to_owned()),
        wrong => parts.push(format!("{wrong} answers were wrong")),
    }
    let inaccurate = count(|cell| cell.status == Status::Ok && !is_accurate(cell));
    if inaccurate > 0 {
        parts.push(format!(
            "{inaccurate} had a backward error above {STABLE_BACKWARD_ERROR} u"
        ));
    }
    format!("{}.", parts.join("; "))
}

/// Lists the methods of a check by their outcome.
fn accurate_enough(group: &Group<'_>) -> String {
    let is_right = |cell: &CellRecord| cell.status == Status::Ok;
    let kinds = [
        ("Accurate enough", by_method(group, is_accurate)),
        (
            "Right, but not backward stable",
            by_method(group, |cell| is_right(cell) && !is_accurate(cell)),
        ),
        (
            "Refused, as required",
            by_method(group, |cell| cell.status == Status::Refused),
        ),
        ("Wrong", by_method(group, |cell| cell.status.is_fault())),
    ];
    let kinds = kinds.iter().filter(|(_, methods)| !methods.is_empty());
    let mut sentences: Vec<String> = kinds
        .map(|(name, methods)| format!("{name}: {}.", methods.join("; ")))
        .collect();
    sentences.push("Nothing was timed.".to_owned());
    sentences.join(" ")
}

/// Methods with their engines, such as `svd by faer, nalgebra`.
fn by_method(group: &Group<'_>, is_it: impl Fn(&CellRecord) -> bool) -> Vec<String> {
    let mut methods: Vec<(&str, Vec<&str>)> = Vec::new();
    for cell in group.contenders().filter(|cell| is_it(cell)) {
        let method = cell.method.as_deref().unwrap_or_default();
        match methods.iter_mut().find(|(name, _)| *name == method) {
            Some((_, engines)) => engines.push(&cell.engine),
            None => methods.push((method, vec![&cell.engine])),
        }
    }
    let shown = methods.into_iter();
    shown
        .map(|(method, engines)| format!("{method} by {}", engines.join(", ")))
        .collect()
}

fn accuracy(cell: &CellRecord) -> String {
    let backward = cell
        .backward_error_u
        .map(|error| format!("backward error {error:.1} u"));
    let digits = cell
        .forward_error
        .map(|error| format!("{} digits", digits(error)));
    let parts: Vec<String> = [backward, digits].into_iter().flatten().collect();
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::groups;
    use crate::samples::{cell, results, timed};

    #[test]
    fn the_recommendation_is_for_the_accurate_and_then_for_the_fast() {
        let mut inaccurate = timed(cell("mine.npy", "faer", "cholesky"), 1e6, 0.01, 1);
        inaccurate.backward_error_u = Some(4e4);
        let cells = vec![
            inaccurate,
            timed(cell("mine.npy", "faer", "svd"), 2e6, 0.01, 2),
            timed(cell("mine.npy", "nalgebra", "svd"), 4e6, 0.01, 3),
        ];
        let results = results(cells);
        let sentence = recommendation(&groups(&results)[0]);
        assert!(
            sentence.starts_with("Take faer/svd: its answer is right"),
            "{sentence}"
        );
        assert!(
            sentence.contains("1 had a backward error above 30 u"),
            "{sentence}"
        );
        let best = recommended(&groups(&results)[0]).map(CellRecord::label);
        assert_eq!(best.as_deref(), Some("faer/svd"));
    }

    #[test]
    fn a_library_that_was_wrong_by_another_method_is_not_recommended() {
        let mut wrong = cell("mine.npy", "nalgebra", "qr");
        wrong.status = Status::Rejected;
        let cells = vec![
            wrong,
            timed(cell("mine.npy", "nalgebra", "svd"), 1e6, 0.01, 1),
            timed(cell("mine.npy", "faer", "svd"), 2e6, 0.01, 2),
        ];
        let results = results(cells);
        let group = &groups(&results)[0];
        let best = recommended(group).map(CellRecord::label);
        assert_eq!(best.as_deref(), Some("faer/svd"));
        let sentence = recommendation(group);
        assert!(sentence.starts_with("Take faer/svd"), "{sentence}");
        assert!(!sentence.contains("nalgebra"), "{sentence}");
    }

    #[test]
    fn a_check_names_the_methods_that_are_accurate_enough() {
        let mut inaccurate = cell("mine.npy", "faer", "cholesky");
        inaccurate.backward_error_u = Some(4e4);
        let mut refused = cell("mine.npy", "nalgebra", "qr");
        refused.status = Status::Refused;
        let mut best = cell("mine.npy", "nalgebra", "complete-orthogonal");
        best.forward_error = Some(1e-16);
        let cells = vec![
            cell("mine.npy", "faer", "svd"),
            cell("mine.npy", "nalgebra", "svd"),
            best,
            refused,
            inaccurate,
        ];
        let results = results(cells);
        let group = &groups(&results)[0];
        assert_eq!(
            recommendation(group),
            "Accurate enough: svd by faer, nalgebra; complete-orthogonal by nalgebra. \
             Right, but not backward stable: cholesky by faer. \
             Refused, as required: qr by nalgebra. Nothing was timed."
        );
        let best = recommended(group).map(CellRecord::label);
        assert_eq!(best.as_deref(), Some("nalgebra/complete-orthogonal"));
    }

    #[test]
    fn what_is_wrong_or_refused_is_never_recommended() {
        for status in [
            Status::Rejected,
            Status::Refused,
            Status::Error,
            Status::Unsupported,
        ] {
            let mut only = cell("mine.npy", "faer", "svd");
            only.status = status;
            let results = results(vec![only]);
            let group = &groups(&results)[0];
            assert_eq!(recommended(group), None);
            assert!(recommendation(group).starts_with("No answer is accurate enough"));
        }
    }
}
