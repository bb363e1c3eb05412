//! The meaning of the terms.

use leastwise_conformance::STABLE_BACKWARD_ERROR;
use leastwise_report::{Prose, Section, Text};

use crate::program::Program;

const METHODOLOGY: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/METHODOLOGY.md");

const ANSWERS: [(&str, &str); 8] = [
    (
        "ok",
        "the answer agrees with the minimum-norm solution in extended precision.",
    ),
    (
        "refused",
        "the method cannot solve a rank-deficient problem, and reports this as it must.",
    ),
    ("unsupported", "the library has no such method."),
    (
        "rejected",
        "the answer is wrong, and is not timed; the reason is shown.",
    ),
    (
        "error",
        "there is no answer: the process crashed, hung or failed.",
    ),
    (
        "digits",
        "−log₁₀ of ‖x − x_true‖/‖x_true‖: the number of correct digits of x.",
    ),
    (
        "null part",
        "‖the part of x in the null space of A‖/‖x‖; not shown for full column rank.",
    ),
    (
        "disagreement",
        "the largest ‖x − y‖/‖x_true‖ over the other right answers y of the same rank.",
    ),
];

const TIMES: [(&str, &str); 5] = [
    (
        "time",
        "median of one call, with its 95 % interval by the bootstrap. All contenders of a table took \
         turns.",
    ),
    (
        "ratio to best",
        "ratio of medians, with its 95 % interval; the samples of one round stay together.",
    ),
    (
        "fastest, *",
        "marks contenders that are statistically tied with the fastest.",
    ),
    (
        "of peak",
        "speed over that of the fastest matmul of the run in this scalar type. A system counts as the \
         operations of a Householder QR solve, whatever the method does.",
    ),
    (
        "by hand",
        "the library is called without the adapter and its checks.",
    ),
];

/// How to read the tables.
pub(crate) fn reading(is_timed: bool) -> Section {
    let backward = format!(
        "the smallest change of A that explains x, in units of ‖A‖_F·u, u the unit roundoff; stable \
         methods stay below {STABLE_BACKWARD_ERROR}."
    );
    let times: &[(&str, &str)] = if is_timed { &TIMES } else { &[] };
    let others = ANSWERS
        .iter()
        .chain(times)
        .map(|(term, meaning)| (*term, Text::from(*meaning)));
    let terms = [("backward error", Text::from(backward))]
        .into_iter()
        .chain(others);
    let terms = terms.map(|(term, meaning)| (term.to_owned(), vec![meaning]));
    let more = Text::from("The problems, the limits, and what a time includes: ");
    let more = more.link("METHODOLOGY.md", METHODOLOGY).plain(".");
    let section = Section::new("How to read this").id("reading");
    section.with(Prose::Terms(terms.collect())).paragraph(more)
}

/// A caution beside every table with times of several cases.
pub(crate) fn caution() -> Prose {
    let text = Text::from(
        "Only ratios within one run are meaningful. Absolute times drift, between runs and within one. \
         Compare two runs with ",
    );
    Prose::Caution(
        text.code(format!("{} diff", Program::this().name))
            .plain("."),
    )
}
