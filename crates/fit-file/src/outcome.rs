//! What a fit of a file found.

use leastwise_optim::{Fitted, Profile};
use leastwise_report::format::significant;

use crate::formula::Chosen;

/// A fit of a file: the result, and what is needed to show it.
pub struct Outcome {
    /// The result.
    pub fitted: Fitted<f64>,
    /// How the file was read, in one line.
    pub how: String,
    /// Whether profiles were requested.
    pub(crate) has_profiles: bool,
    /// The probability of intervals.
    pub(crate) level: f64,
    pub(crate) chosen: Chosen,
    pub(crate) start: Vec<f64>,
    pub(crate) x_column: usize,
    /// The names of the columns of x and y.
    pub(crate) x_name: String,
    pub(crate) y_name: String,
    pub(crate) x: Vec<f64>,
    pub(crate) y: Vec<f64>,
    pub(crate) sigmas: Option<Vec<f64>>,
    /// The values of the model at the data.
    pub(crate) values: Vec<f64>,
}

impl Outcome {
    /// The equation, such as `counts = a*exp(-t/tau) + c`.
    #[must_use]
    pub fn equation(&self) -> String {
        format!("{} = {}", self.y_name, self.chosen.text)
    }

    /// The equation and the ties in one line.
    pub(crate) fn equation_with_ties(&self) -> String {
        let lines = std::iter::once(self.equation()).chain(self.chosen.ties());
        lines.collect::<Vec<_>>().join(", ")
    }

    /// How the file was read, the equation, the ties, the start and the summary, as text for a terminal.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut lines = vec![self.how.clone(), self.equation()];
        let ties: Vec<String> = self.chosen.ties().collect();
        if !ties.is_empty() {
            lines.push(format!("with {}", ties.join(", ")));
        }
        lines.push(format!("started at {}", self.started().join(", ")));
        lines.extend([String::new(), self.fitted_summary()]);
        let profiles = self.profiles();
        if !profiles.is_empty() {
            let level = percent(self.level);
            lines.push(format!("\nprofile-likelihood intervals, {level}"));
            let width = profiles
                .iter()
                .map(|(j, _)| self.fitted.names[*j].chars().count());
            let width = width.max().unwrap_or(0);
            lines.extend(profiles.iter().map(|(j, profile)| {
                format!("  {:width$}  {}", self.fitted.names[*j], in_words(profile))
            }));
        } else if self.has_profiles {
            lines.push("\nno profile-likelihood intervals: they need a minimum, degrees of freedom, and a parameter that the data determine".to_owned());
        }
        lines.join("\n") + "\n"
    }

    /// The summary of the fit, with intervals of the level.
    pub(crate) fn fitted_summary(&self) -> String {
        // The level was checked.
        let summary = self.fitted.summary(self.level);
        summary.unwrap_or_else(|_| self.fitted.to_string())
    }

    fn started(&self) -> Vec<String> {
        let is_tied = self.chosen.followers.iter().map(Option::is_some);
        let started = self.fitted.names.iter().zip(&self.start).zip(is_tied);
        started
            .filter(|(_, is_tied)| !is_tied)
            .map(|((name, value), _)| format!("{name} = {}", significant(*value)))
            .collect()
    }

    /// The profiles, or the reasons why there are none, with the places of their parameters.
    pub(crate) fn profiles(&self) -> Vec<(usize, &Result<Profile<f64>, String>)> {
        let fitted = &self.fitted;
        let has_profile = |j: &usize| {
            let error = fitted.standard_errors()[*j];
            fitted.states[*j].is_free() && error > 0.0 && error.is_finite()
        };
        let places = (0..fitted.parameters.len()).filter(has_profile);
        places.zip(&fitted.profiles).collect()
    }
}

/// An interval, which may be open, or the reason why there is none.
pub(crate) fn in_words(profile: &Result<Profile<f64>, String>) -> String {
    let profile = match profile {
        Ok(profile) => profile,
        Err(reason) => return format!("none: {reason}"),
    };
    match (profile.lower, profile.upper) {
        (Some(low), Some(high)) => format!("{} to {}", significant(low), significant(high)),
        (Some(low), None) => format!("{} or more, with no upper end", significant(low)),
        (None, Some(high)) => format!("{} or less, with no lower end", significant(high)),
        (None, None) => "the data give it no limit".to_owned(),
    }
}

/// A probability, such as 95 % or 68.27 %.
pub(crate) fn percent(level: f64) -> String {
    // More digits would be those of rounding.
    let digits = format!("{:.10}", 100.0 * level);
    format!("{} %", digits.trim_end_matches('0').trim_end_matches('.'))
}
