//! The page, with cells of every kind.

use super::pages;
use crate::compare::record::Results;
use crate::compare::samples::{cell, product, results, timed};
use leastwise_harness::model::{Operation, Status};

/// Results with a cell of every kind that a page shows.
fn everything() -> Results {
    let mut by_hand = timed(cell("lm-solve", "faer", "svd"), 5.9e6, 0.01, 3);
    by_hand.control = true;
    let mut refused = cell("lm-solve", "ndarray", "qr");
    refused.status = Status::Refused;
    refused.reason = Some("a is rank-deficient".to_owned());
    (refused.rank, refused.backward_error_u) = (None, None);
    (refused.forward_error, refused.residual) = (None, None);
    let mut rejected = cell("lm-solve", "nalgebra", "qr");
    rejected.status = Status::Rejected;
    rejected.reason = Some("rank: 59, not 60 to 60".to_owned());
    let mut fit = timed(cell("lm-fit", "faer", "svd"), 2e8, 0.01, 4);
    fit.op = Operation::LmFit;
    let mut cells = vec![
        timed(cell("lm-solve", "faer", "svd"), 5.6e6, 0.01, 1),
        timed(
            cell("lm-solve", "faer", "complete-orthogonal"),
            5.6e6,
            0.01,
            2,
        ),
        timed(cell("lm-solve", "nalgebra", "svd"), 18e6, 0.01, 5),
        by_hand,
        refused,
        rejected,
        fit,
    ];
    for n in [4, 32, 256] {
        cells.extend([product(n, "faer", 80.0), product(n, "nalgebra", 160.0)]);
    }
    results(cells)
}

fn page(results: &Results) -> String {
    pages::page(results).to_html().unwrap()
}

#[test]
fn a_page_says_who_is_right_who_is_fast_and_why_others_are_not() {
    let page = page(&everything());
    for shown in [
        "<html lang=\"en\">",
        "Take faer/",
        "Of this case, 5 answers: 3 right, 1 correctly refused, 1 rejected.",
        "a is rank-deficient",
        "rank: 59, not 60 to 60",
        "Cost of the adapters",
        "by hand",
        "METHODOLOGY.md",
    ] {
        assert!(page.contains(shown), "{shown} is not in the page");
    }
    // The two that are statistically tied, the fit, and the products.
    assert_eq!(
        page.matches("<span class=\"mark\">fastest</span>").count(),
        6
    );
}

#[test]
fn what_users_named_is_shown_and_never_obeyed() {
    let evil = "<img src=x onerror=\"alert('&')\">";
    let mut results = everything();
    results.run.command = evil.to_owned();
    results.run.engines[0].version = evil.to_owned();
    for cell in &mut results.cells {
        cell.case = evil.to_owned();
        cell.reason = cell.reason.as_ref().map(|_| evil.to_owned());
    }
    let page = page(&results);
    assert!(!page.contains("<img"));
    assert!(page.contains("&lt;img src=x onerror=&quot;alert('&amp;')&quot;&gt;"));
}

#[test]
fn a_page_needs_nothing_from_outside() {
    let page = page(&everything());
    for fetching in [
        "<link rel=\"stylesheet",
        " src=",
        "@import",
        "url(",
        "fetch(",
        "<use",
    ] {
        assert!(!page.contains(fetching), "{fetching}");
    }
    // The SVG's namespace and the one link; neither is loaded.
    let addresses = page.matches("http").count();
    let namespaces = page.matches("xmlns=\"http://www.w3.org/2000/svg\"").count();
    let policy = page.matches("http-equiv").count();
    assert_eq!(addresses, namespaces + policy + 1);
}

#[test]
fn plots_take_every_colour_from_the_page() {
    let page = page(&everything());
    let (_, body) = page.split_once("<body>").unwrap();
    assert!(body.contains("=\"var(--look-1)\""));
    for attribute in ["fill=\"#", "stroke=\"#"] {
        assert!(!body.contains(attribute), "{attribute}");
    }
}

#[test]
fn every_link_within_the_page_has_a_target_and_every_target_is_one() {
    let page = page(&everything());
    let mut ids: Vec<&str> = page.split(" id=\"").skip(1).map(until_quote).collect();
    let links: Vec<&str> = page.split("href=\"#").skip(1).map(until_quote).collect();
    assert!(links.len() > 8, "{links:?}");
    for link in links {
        assert!(ids.contains(&link), "{link} in {ids:?}");
    }
    ids.sort_unstable();
    let count = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), count);
}

fn until_quote(text: &str) -> &str {
    text.split('"').next().unwrap_or_default()
}

#[test]
fn a_check_without_times_has_a_page_too() {
    let mut results = everything();
    results.run.options.processes = 0;
    results.cells.retain(|cell| !cell.control);
    for cell in &mut results.cells {
        cell.samples_ns.clear();
        (cell.median_ns, cell.ci95_ns, cell.processes) = (None, None, 0);
    }
    let page = page(&results);
    assert!(page.contains("Nothing was timed"));
    assert!(page.contains("rejected: rank: 59"));
    assert!(!page.contains("id=\"sizes\"") && !page.contains("id=\"accuracy\""));
    results.cells.clear();
    pages::page(&results).to_html().unwrap();
}
