//! What the words mean.

use leastwise_conformance::STABLE_BACKWARD_ERROR;
use maud::{Markup, html};

const METHODOLOGY: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/METHODOLOGY.md");

const ANSWERS: [(&str, &str); 8] = [
    (
        "ok",
        "held against the minimum-norm solution in extended precision, and right.",
    ),
    (
        "refused",
        "the method cannot solve a rank-deficient problem and says so, as it must.",
    ),
    ("unsupported", "the library has no such method."),
    (
        "rejected",
        "the answer is wrong, with the reason; it has no time.",
    ),
    (
        "error",
        "there is no answer: the process crashed, hung or failed.",
    ),
    (
        "digits",
        "−log₁₀ of ‖x − x_true‖/‖x_true‖: how many digits of x are right.",
    ),
    (
        "null part",
        "‖the part of x in the null space of A‖/‖x‖; not there for full column rank.",
    ),
    (
        "disagreement",
        "the largest ‖x − y‖/‖x_true‖ against the other right answers y of the same rank.",
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
        "of medians, with its 95 % interval; the samples of one round are held together.",
    ),
    (
        "fastest",
        "marks every contender that noise cannot tell from the shortest time.",
    ),
    (
        "of peak",
        "speed over that of the fastest matmul of the run in this scalar type. A system counts as the \
         operations of a Householder QR solve, whatever the method does.",
    ),
    (
        "by hand",
        "the library called without the adapter, and without its checks.",
    ),
];

pub(super) fn section(timed: bool) -> Markup {
    let times: &[(&str, &str)] = if timed { &TIMES } else { &[] };
    html! {
        section #reading aria-labelledby="reading-heading" {
            h2 #reading-heading { "How to read this" }
            dl.terms {
                dt { "backward error" }
                dd {
                    "the smallest change of A that explains x, in units of ‖A‖_F·u, u the unit \
                     roundoff; stable methods stay below " (STABLE_BACKWARD_ERROR) "."
                }
                @for (term, meaning) in ANSWERS.iter().chain(times) {
                    dt { (term) } dd { (meaning) }
                }
            }
            p {
                "Problems, limits and what is inside a time: "
                a href=(METHODOLOGY) { "METHODOLOGY.md" } "."
            }
        }
    }
}
