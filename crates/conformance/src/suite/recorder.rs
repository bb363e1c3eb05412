//! The checks of a run, and their report.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use leastwise_core::{Error, Method, Result};

use crate::verdict::Check;

/// The environment variable that selects the checks whose names contain its value.
pub const FILTER: &str = "LEASTWISE_CHECKS";

/// Checks that a backend is known to fail, by the beginning of their names, each with a reason.
pub type Exclusion = (&'static str, &'static str);

/// A check that failed.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// `scalar/operation/case/method/metric`.
    pub check: String,
    /// The figure that was found, with the bound.
    pub detail: String,
}

/// The result of the suite for a backend.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The number of cases. A case is a problem with a method, a product, or a decomposition.
    pub cases: usize,
    /// The number of checks in these cases. It depends on the answers: a refusal has no backward
    /// error, for example.
    pub checks: usize,
    /// The failures, in the order in which they were found.
    pub failures: Vec<Failure>,
    /// For each method and scalar type the largest backward error in units of ‖A‖_F·u, over all
    /// answers where no singular value had to be dropped, and its case.
    pub worst_backward_error: BTreeMap<(Method, &'static str), (f64, String)>,
    excluded: BTreeMap<&'static str, usize>,
}

impl Report {
    /// Adds the checks of another scalar type.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.cases += other.cases;
        self.checks += other.checks;
        self.failures.extend(other.failures);
        self.worst_backward_error.extend(other.worst_backward_error);
        self.excluded.extend(other.excluded);
        self
    }

    /// Checks that there is no failure, and that the number of cases is `cases`. It reports all
    /// failures at once.
    ///
    /// # Panics
    /// If a check failed, or if the number of cases differs.
    pub fn assert_passed(&self, cases: usize) {
        assert!(self.failures.is_empty(), "{self}");
        assert!(
            std::env::var_os(FILTER).is_some() || self.cases == cases,
            "{} cases were run, but there should be {cases}",
            self.cases
        );
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (failed, checks) = (self.failures.len(), self.checks);
        writeln!(f, "{failed} of {checks} checks failed:")?;
        for Failure { check, detail } in &self.failures {
            writeln!(f, "  {check}: {detail}")?;
        }
        let Some(first) = self.failures.first() else {
            return Ok(());
        };
        let case: Vec<&str> = first.check.split('/').take(3).collect();
        write!(
            f,
            "one case alone: {FILTER}={} cargo test suite",
            case.join("/")
        )
    }
}

/// Collects the checks of a run.
pub(super) struct Recorder<'r> {
    report: Report,
    exclusions: &'r [Exclusion],
    filter: Option<&'r str>,
    /// The case that is running.
    case: String,
}

impl<'r> Recorder<'r> {
    pub(super) fn new(exclusions: &'r [Exclusion], filter: Option<&'r str>) -> Self {
        Self {
            report: Report::default(),
            exclusions,
            filter,
            case: String::new(),
        }
    }

    /// The report of a run for the scalar type `scalar`. An exclusion that no check needs is a failure.
    pub(super) fn finish(self, scalar: &str) -> Report {
        let mut report = self.report;
        if self.filter.is_none() {
            for (prefix, reason) in self.exclusions {
                if prefix.starts_with(scalar) && !report.excluded.contains_key(prefix) {
                    report.failures.push(Failure {
                        check: (*prefix).to_owned(),
                        detail: format!(
                            "is excluded ({reason}), but no check of it fails any more"
                        ),
                    });
                }
            }
        }
        report
    }

    /// Whether the filter chooses nothing whose name begins with this one.
    pub(super) fn leaves_out(&self, name: &str) -> bool {
        let chosen = |filter: &str| name.contains(filter) || filter.starts_with(name);
        self.filter.is_some_and(|filter| !chosen(filter))
    }

    /// Runs a case, unless the filter leaves it out.
    pub(super) fn case(&mut self, name: String, body: impl FnOnce(&mut Self)) {
        if self.leaves_out(&name) {
            return;
        }
        self.case = name;
        self.report.cases += 1;
        let outcome = catch_unwind(AssertUnwindSafe(|| body(self)));
        if let Err(panic) = outcome {
            let message = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("without a message");
            self.record("panic", Some(format!("panicked: {message}")));
        }
    }

    /// Compares a figure with its bound. NaN fails.
    pub(super) fn at_most(&mut self, metric: &'static str, figure: f64, bound: f64) {
        self.record(metric, Check::at_most(metric, figure, bound).fault);
    }

    /// Checks a condition. The detail is only computed if the condition does not hold.
    pub(super) fn holds(&mut self, metric: &str, condition: bool, detail: impl FnOnce() -> String) {
        self.record(metric, (!condition).then(detail));
    }

    /// The answer of a backend. A refusal is a failed check.
    pub(super) fn answer<R>(&mut self, metric: &str, result: Result<R>) -> Option<R> {
        let refused = |error: Error| self.record(metric, Some(error.to_string()));
        result.map_err(refused).ok()
    }

    pub(super) fn record(&mut self, metric: &str, fault: Option<String>) {
        self.report.checks += 1;
        let Some(detail) = fault else { return };
        let check = format!("{}/{metric}", self.case);
        let excluded = self
            .exclusions
            .iter()
            .find(|(prefix, _)| check.starts_with(prefix));
        match excluded {
            Some((prefix, _)) => *self.report.excluded.entry(prefix).or_default() += 1,
            None => self.report.failures.push(Failure { check, detail }),
        }
    }

    pub(super) fn note_backward_error(
        &mut self,
        method: Method,
        scalar: &'static str,
        figure: f64,
    ) {
        let case = &self.case;
        let worst = self
            .report
            .worst_backward_error
            .entry((method, scalar))
            .or_insert_with(|| (figure, case.clone()));
        if figure > worst.0 {
            *worst = (figure, case.clone());
        }
    }
}
