//! Prints a fit as a statistics package does.

use std::fmt;

use leastwise_core::{Result, Scalar};

use super::{Fitted, ParameterState, Sigma};
use crate::Termination;

/// Correlations from this size on are listed. The parameters compensate each other.
const LARGE_CORRELATION: f64 = 0.9;

/// The largest number of listed correlations.
const LISTED: usize = 8;

const COLUMNS: usize = 80;

/// The longest name, so that a line of the table has its width.
const LONGEST_NAME: usize = 15;

const LEVEL: f64 = 0.95;

impl<T: Scalar> fmt::Display for Fitted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The level is a valid constant.
        let intervals = self.confidence_intervals(LEVEL).map_err(|_| fmt::Error)?;
        self.print(f, LEVEL, &intervals)
    }
}

/// A summary with intervals of another probability.
struct Summary<'a, T> {
    fitted: &'a Fitted<T>,
    level: f64,
    intervals: Vec<(T, T)>,
}

impl<T: Scalar> fmt::Display for Summary<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fitted.print(f, self.level, &self.intervals)
    }
}

impl<T: Scalar> Fitted<T> {
    /// What `Display` prints, with [intervals](Self::confidence_intervals) of probability `level`. `Display` has those of
    /// 0.95.
    ///
    /// ```
    /// use leastwise_faer::Faer;
    ///
    /// # fn main() -> leastwise_core::Result<()> {
    /// let line = |x: f64, p: &[f64]| p[0] + p[1] * x;
    /// let fitted = leastwise_optim::fit(&Faer::default(), line, &[0.0, 1.0, 2.0], &[1.0, 2.9, 5.1], &[0.0, 1.0])?;
    /// assert!(fitted.summary(0.683)?.contains("68.3 % interval"));
    /// assert_eq!(fitted.summary(0.95)?, fitted.to_string());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](leastwise_core::Error::InvalidArgument) unless 0 < `level` < 1.
    pub fn summary(&self, level: f64) -> Result<String> {
        let summary = Summary {
            fitted: self,
            level,
            intervals: self.confidence_intervals(level)?,
        };
        Ok(summary.to_string())
    }

    fn print(&self, f: &mut fmt::Formatter<'_>, level: f64, intervals: &[(T, T)]) -> fmt::Result {
        self.headline(f)?;
        self.table(f, level, intervals)?;
        self.statistics(f)?;
        self.warnings(f)?;
        self.correlations(f)?;
        self.ending(f)
    }

    fn headline(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcome = if self.is_success() {
            "converged"
        } else {
            "NOT CONVERGED"
        };
        let (data, n) = (self.observations, self.parameters.len());
        writeln!(
            f,
            "Fit of {} to {}: {outcome}",
            count(n, "parameter"),
            count(data, "observation")
        )
    }

    fn table(&self, f: &mut fmt::Formatter<'_>, level: f64, intervals: &[(T, T)]) -> fmt::Result {
        let names: Vec<String> = self.names.iter().map(|name| shortened(name)).collect();
        let widths = names.iter().map(|name| name.chars().count());
        let width = widths.max().unwrap_or(0).max("name".len());
        writeln!(
            f,
            "\n  {:width$} {:>14} {:>11} {:>9} {:>25}",
            "name",
            "estimate",
            "std. error",
            "relative",
            format!("{} interval", percent(level))
        )?;
        for (j, (name, &(low, high))) in names.iter().zip(intervals).enumerate() {
            let estimate = self.parameters[j].as_f64();
            let shown = significant(estimate, digits::<T>());
            write!(f, "  {name:width$} {shown:>14} ")?;
            let error = self.standard_errors()[j].as_f64();
            match self.states[j] {
                ParameterState::Free | ParameterState::Tied if error.is_finite() => {
                    let (low, high) = (low.as_f64(), high.as_f64());
                    writeln!(
                        f,
                        "{:>11} {:>9} {:>12} {:>12}",
                        significant(error, 4),
                        relative(error, estimate),
                        significant(low, 6),
                        significant(high, 6)
                    )
                }
                ParameterState::Free | ParameterState::Tied if error.is_nan() => {
                    writeln!(f, "{:>11}", "undefined")
                }
                ParameterState::Free | ParameterState::Tied => {
                    writeln!(f, "{:>11}   not determined", "infinite")
                }
                ParameterState::Fixed => writeln!(f, "{:>11}", "fixed"),
                ParameterState::AtLowerBound => writeln!(f, "{:>11}   at its lower bound", "-"),
                ParameterState::AtUpperBound => writeln!(f, "{:>11}   at its upper bound", "-"),
            }?;
        }
        writeln!(f)
    }

    fn statistics(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let loss =
            if self.loss.is_finite() && (self.loss > T::zero() || self.root_of_loss == T::zero()) {
                significant(self.loss.as_f64(), 6)
            } else {
                // The square leaves the range of `T`.
                format!("({})²", significant(self.root_of_loss.as_f64(), 6))
            };
        let freedom = count(self.degrees_of_freedom, "degree");
        let s = self.residual_standard_error().as_f64();
        if let (Some(robust), true) = (&self.robust_loss, self.degrees_of_freedom > 0) {
            return writeln!(
                f,
                "{robust}: loss {loss} on {freedom} of freedom\n\
                 standard errors are those of an M-estimator, {} stands for sigma",
                significant(s, 4)
            );
        }
        match self.sigma {
            _ if self.degrees_of_freedom == 0 => writeln!(
                f,
                "loss {loss}; no degrees of freedom, so errors cannot be estimated"
            ),
            Sigma::Relative => writeln!(
                f,
                "residual standard error {} on {freedom} of freedom, loss {loss}\n\
                 standard errors are scaled by it (relative sigma)",
                significant(s, 4)
            ),
            Sigma::Absolute => writeln!(
                f,
                "chi-square {loss} on {freedom} of freedom, reduced {}\n\
                 standard errors are those of the given sigmas (absolute sigma)",
                significant(s * s, 4)
            ),
        }
    }

    fn warnings(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.undetermined(f)?;
        let at_bound = |state| {
            matches!(
                state,
                ParameterState::AtLowerBound | ParameterState::AtUpperBound
            )
        };
        let n = self.parameters.len();
        let in_state = |is: &dyn Fn(ParameterState) -> bool| {
            (0..n)
                .filter(|&j| is(self.states[j]))
                .collect::<Vec<usize>>()
        };
        let tied = in_state(&|state| state == ParameterState::Tied);
        if !tied.is_empty() {
            let names = self.list(&tied);
            let (are, their) = if tied.len() == 1 {
                ("is", "its standard error follows")
            } else {
                ("are", "their standard errors follow")
            };
            wrapped(
                f,
                &format!("{names} {are} tied to other parameters: {their} from theirs"),
            )?;
        }
        let bounded = in_state(&at_bound);
        if !bounded.is_empty() {
            let names = self.list(&bounded);
            let (are, them) = verb_and_pronoun(&bounded);
            wrapped(
                f,
                &format!("{names} {are} at a bound: standard errors treat {them} as known"),
            )?;
        }
        for profile in &self.profiles {
            match profile {
                Ok(profile) if profile.differs() => wrapped(f, &format!("profile of {profile}"))?,
                Ok(_) => (),
                Err(reason) => wrapped(f, &format!("no profile: {reason}"))?,
            }
        }
        if !self.is_success() {
            wrapped(
                f,
                "standard errors are valid only at a minimum; this point may not be one",
            )?;
        }
        Ok(())
    }

    /// Prints which parameters are not determined, and why.
    fn undetermined(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_full_rank() {
            return Ok(());
        }
        let free = self.states.iter().filter(|state| state.is_free()).count();
        writeln!(f, "the Jacobian has rank {} of {free}:", self.rank())?;
        let covariance = &self.covariance;
        let without_effect = &covariance.without_effect;
        if !without_effect.is_empty() {
            let names = self.list(without_effect);
            let (have, its, it) = if without_effect.len() == 1 {
                ("has", "its", "it")
            } else {
                ("have", "their", "them")
            };
            wrapped(
                f,
                &format!(
                    "{names} {have} no effect here, {its} derivatives are zero: \
                     leave {it} out, fix {it}, or try another start"
                ),
            )?;
        }
        // A singular value that is larger than rounding was neglected, because of the errors of J.
        let size = self.rows.max(self.parameters.len());
        let rounding = T::of(size as f64) * T::EPSILON;
        let digits = (-covariance.rcond.as_f64().log10()).floor();
        let noun = if digits == 1.0 { "digit" } else { "digits" };
        for group in &covariance.dependent {
            let names = self.list(group);
            let text = if covariance.neglected <= rounding {
                format!("the data cannot distinguish {names} here: fix one of them, or add data")
            } else {
                format!(
                    "the data cannot distinguish {names} here, to the {digits} {noun} of the derivatives: \
                     fix one of them, add data, or give exact derivatives"
                )
            };
            wrapped(f, &text)?;
        }
        Ok(())
    }

    /// The names of `parameters`, as a list in a sentence.
    fn list(&self, parameters: &[usize]) -> String {
        let mut items: Vec<String> = parameters
            .iter()
            .take(LISTED)
            .map(|&j| shortened(&self.names[j]))
            .collect();
        if let more @ 1.. = parameters.len().saturating_sub(LISTED) {
            items.push(format!("{more} more"));
        }
        match items.split_last() {
            Some((last, [])) => last.clone(),
            Some((last, others)) => format!("{} and {last}", others.join(", ")),
            None => String::new(),
        }
    }

    fn correlations(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.parameters.len();
        let pairs = (0..n).flat_map(|j| (0..j).map(move |i| (i, j)));
        let entries = pairs.map(|(i, j)| (i, j, self.correlation()[(i, j)].as_f64()));
        let mut large: Vec<(usize, usize, f64)> = entries
            .filter(|(_, _, correlation)| correlation.abs() >= LARGE_CORRELATION)
            .collect();
        if large.is_empty() {
            return Ok(());
        }
        large.sort_by(|a, b| b.2.abs().total_cmp(&a.2.abs()));
        writeln!(f, "\ncorrelations beyond ±{LARGE_CORRELATION}")?;
        for &(i, j, correlation) in large.iter().take(LISTED) {
            let names = format!(
                "{}, {}",
                shortened(&self.names[i]),
                shortened(&self.names[j])
            );
            writeln!(f, "  {names:33} {correlation:>8.4}")?;
        }
        match large.len().saturating_sub(LISTED) {
            0 => Ok(()),
            more => writeln!(f, "  and {more} more"),
        }
    }

    fn ending(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n{}", explanation(self.termination))?;
        if let Some(minima) = &self.minima {
            wrapped(f, &minima.to_string())?;
        }
        write!(
            f,
            "{}, {}, {}, {:.1?}",
            count(self.steps, "step"),
            count(self.counts.residuals, "residual evaluation"),
            count(self.counts.jacobians, "Jacobian"),
            self.elapsed
        )
    }
}

/// The reason why a run ended. If it is not a success, also what to do.
fn explanation(termination: Termination) -> &'static str {
    match termination {
        Termination::LossConverged => {
            "ended at a minimum: the linear model predicts no smaller loss"
        }
        Termination::StepConverged => "ended at a minimum: the next step is negligible",
        Termination::GradientConverged => {
            "ended at a minimum: the residual is zero, or orthogonal to every derivative"
        }
        Termination::TargetReached => "ended at the target loss",
        Termination::StepBudget => {
            "ended by the step budget: continue from these parameters, or allow more steps"
        }
        Termination::EvaluationBudget => {
            "ended by the evaluation budget: continue from these parameters, or allow more"
        }
        Termination::Observer => {
            "stopped by an observer: the parameters are those of the last step"
        }
        Termination::Stalled => {
            "ended without progress: no step reduces the loss, but the model predicts one.\n\
             Check the derivatives (check_jacobian) and noise, or try another start"
        }
        Termination::Plateau => {
            "ended on a plateau: a parameter has no effect here, but has one elsewhere.\n\
             Try another start, or a model with fewer parameters"
        }
        Termination::NonFinite { .. } => "ended at a value that is not finite: try another start",
    }
}

fn verb_and_pronoun(parameters: &[usize]) -> (&'static str, &'static str) {
    if parameters.len() == 1 {
        ("is", "it")
    } else {
        ("are", "them")
    }
}

/// `text` in lines of at most 80 columns. Every word must be shorter.
fn wrapped(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let mut column = 0;
    for word in text.split(' ') {
        let width = word.chars().count();
        if column > 0 && column + 1 + width > COLUMNS {
            writeln!(f)?;
            column = 0;
        }
        let space = if column > 0 { " " } else { "" };
        write!(f, "{space}{word}")?;
        column += space.len() + width;
    }
    writeln!(f)
}

fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

fn shortened(name: &str) -> String {
    if name.chars().count() <= LONGEST_NAME {
        return name.to_owned();
    }
    name.chars().take(LONGEST_NAME - 1).chain(['…']).collect()
}

/// The largest number of digits to which parameters are known.
fn digits<T: Scalar>() -> usize {
    if T::EPSILON.as_f64() < 1e-10 { 8 } else { 6 }
}

/// A probability, such as 95 % or 68.27 %.
fn percent(level: f64) -> String {
    // More digits would be those of rounding.
    let digits = format!("{:.10}", 100.0 * level);
    format!("{} %", digits.trim_end_matches('0').trim_end_matches('.'))
}

fn relative(error: f64, estimate: f64) -> String {
    if estimate == 0.0 {
        return "-".to_owned();
    }
    let percent = 100.0 * error / estimate.abs();
    if percent > 999.0 {
        // The estimate is near zero by chance, so the ratio has no meaning.
        return "> 999 %".to_owned();
    }
    format!("{} %", significant(percent, 2))
}

/// `value` with so many significant digits, in decimal notation if that is short.
fn significant(value: f64, digits: usize) -> String {
    let scientific = format!("{value:.*e}", digits - 1);
    // The exponent is taken after rounding, so that 9.99… has the exponent of 10.
    let exponent = scientific
        .split_once('e')
        .and_then(|(_, e)| e.parse::<i32>().ok());
    match exponent {
        Some(exponent @ -4..0) => {
            let zeros = exponent.unsigned_abs() as usize;
            format!("{value:.*}", digits - 1 + zeros)
        }
        Some(exponent @ 0..=6) => {
            let before = exponent.unsigned_abs() as usize;
            format!("{value:.*}", (digits - 1).saturating_sub(before))
        }
        _ => scientific,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::time::Duration;

    use leastwise_core::Mat;

    use super::super::Covariance;
    use crate::{Counts, Quantity};

    /// Three parameters with round numbers.
    fn fitted() -> Fitted<f64> {
        Fitted {
            names: ["amplitude", "rate", "a name that is too long"]
                .map(str::to_owned)
                .to_vec(),
            parameters: vec![1234.5, -2.5e-9, 0.0],
            states: vec![ParameterState::Free; 3],
            loss: 90.0,
            root_of_loss: 90f64.sqrt(),
            robust_loss: None,
            gradient_norm: 0.0,
            residuals: vec![3.0; 10],
            jacobian: None,
            influences: None,
            rows: 10,
            observations: 13,
            degrees_of_freedom: 10,
            sigma: Sigma::Relative,
            covariance: Covariance {
                standard_errors: vec![12.345, 1e-10, 0.5],
                correlation: Mat::from_fn(3, 3, |i, j| match (i, j) {
                    (0, 1) | (1, 0) => -0.95,
                    (0, 2) | (2, 0) => 0.9876,
                    (i, j) if i == j => 1.0,
                    _ => 0.1,
                }),
                rank: 3,
                reciprocal_condition: 0.1,
                rcond: 1e-15,
                neglected: 0.0,
                without_effect: Vec::new(),
                dependent: Vec::new(),
                directions: std::sync::Arc::default(),
                deviation: 1.0,
            },
            steps: 1,
            counts: Counts {
                residuals: 4,
                jacobians: 2,
                ..Counts::default()
            },
            elapsed: Duration::from_micros(1234),
            given: crate::Parameters::new(),
            untied: None,
            minima: None,
            profiles: Vec::new(),
            termination: Termination::LossConverged,
        }
    }

    /// Compares the lines from `first` on with the expected lines.
    #[track_caller]
    fn assert_prints(fitted: &Fitted<f64>, expected: &str) {
        let text = fitted.to_string();
        let first = expected.lines().next().unwrap();
        let found: Vec<&str> = text.lines().skip_while(|line| *line != first).collect();
        let expected: Vec<&str> = expected.lines().collect();
        let count = expected.len().min(found.len());
        assert_eq!(found[..count], expected, "in\n{text}");
        let longest = text.lines().map(|line| line.chars().count()).max();
        assert!(longest <= Some(80), "{text}");
    }

    /// Intervals with t = 2.228139, for 10 degrees of freedom.
    #[test]
    fn a_fit_prints_as_a_table() {
        assert_prints(
            &fitted(),
            "\
Fit of 3 parameters to 13 observations: converged

  name                  estimate  std. error  relative             95 % interval
  amplitude            1234.5000       12.35     1.0 %      1206.99      1262.01
  rate             -2.5000000e-9   1.000e-10     4.0 %  -2.72281e-9  -2.27719e-9
  a name that is…      0.0000000      0.5000         -     -1.11407      1.11407

residual standard error 3.000 on 10 degrees of freedom, loss 90.0000
standard errors are scaled by it (relative sigma)

correlations beyond ±0.9
  amplitude, a name that is…          0.9876
  amplitude, rate                    -0.9500

ended at a minimum: the linear model predicts no smaller loss
1 step, 4 residual evaluations, 2 Jacobians, 1.2ms",
        );
    }

    /// Intervals with 1.959964, for the normal distribution.
    #[test]
    fn absolute_sigmas_print_as_chi_square() {
        let fitted = Fitted {
            sigma: Sigma::Absolute,
            ..fitted()
        };
        assert_prints(
            &fitted,
            "  amplitude            1234.5000       12.35     1.0 %      1210.30      1258.70",
        );
        assert_prints(
            &fitted,
            "\
chi-square 90.0000 on 10 degrees of freedom, reduced 9.000
standard errors are those of the given sigmas (absolute sigma)",
        );
    }

    #[test]
    fn parameters_that_are_not_free_print_as_what_they_are() {
        let mut fitted = fitted();
        fitted.states = vec![
            ParameterState::Fixed,
            ParameterState::AtLowerBound,
            ParameterState::AtUpperBound,
        ];
        fitted.covariance.rank = 0;
        fitted.covariance.correlation = Mat::identity(3);
        fitted.covariance.standard_errors = vec![0.0; 3];
        assert_prints(
            &fitted,
            "\
\x20 amplitude            1234.5000       fixed
  rate             -2.5000000e-9           -   at its lower bound
  a name that is…      0.0000000           -   at its upper bound

residual standard error 3.000 on 10 degrees of freedom, loss 90.0000
standard errors are scaled by it (relative sigma)
rate and a name that is… are at a bound: standard errors treat them as known

ended at a minimum: the linear model predicts no smaller loss",
        );
    }

    #[test]
    fn an_estimate_far_below_its_error_has_no_percentage() {
        assert_eq!(relative(9.98, 1.0), "998 %");
        assert_eq!(relative(0.021, 7.1e-5), "> 999 %");
        assert_eq!(relative(1.0, f64::MIN_POSITIVE), "> 999 %");
        assert_eq!(relative(1.0, 0.0), "-");
    }

    #[test]
    fn what_is_not_determined_prints_a_warning() {
        let mut fitted = fitted();
        fitted.covariance.standard_errors[0] = f64::INFINITY;
        fitted.covariance.standard_errors[1] = f64::NAN;
        fitted.covariance.rank = 2;
        assert_prints(
            &fitted,
            "\
\x20 amplitude            1234.5000    infinite   not determined
  rate             -2.5000000e-9   undefined",
        );
        fitted.covariance.dependent = vec![vec![0, 1]];
        assert_prints(
            &fitted,
            "\
the Jacobian has rank 2 of 3:
the data cannot distinguish amplitude and rate here: fix one of them, or add
data

",
        );
        fitted.degrees_of_freedom = 0;
        assert_prints(
            &fitted,
            "loss 90.0000; no degrees of freedom, so errors cannot be estimated",
        );
    }

    /// Each reason names exactly the parameters to which it applies.
    #[test]
    fn the_reason_why_parameters_are_not_determined_is_given_by_name() {
        let mut fitted = fitted();
        let n = 30;
        fitted.names = (0..n).map(|j| format!("p[{j}]")).collect();
        fitted.parameters = vec![1.0; n];
        fitted.states = vec![ParameterState::Free; n];
        fitted.states[29] = ParameterState::AtLowerBound;
        fitted.covariance.standard_errors = vec![f64::INFINITY; n];
        fitted.covariance.correlation = Mat::identity(n);
        fitted.covariance.without_effect = vec![2];
        fitted.covariance.dependent = vec![vec![0, 1], vec![3, 4, 5]];
        assert_prints(
            &fitted,
            "\
the Jacobian has rank 3 of 29:
p[2] has no effect here, its derivatives are zero: leave it out, fix it, or try
another start
the data cannot distinguish p[0] and p[1] here: fix one of them, or add data
the data cannot distinguish p[3], p[4] and p[5] here: fix one of them, or add
data
p[29] is at a bound: standard errors treat it as known

",
        );
        fitted.covariance.rcond = 3e-4;
        fitted.covariance.neglected = 1e-5;
        fitted.covariance.without_effect = vec![2, 3];
        fitted.covariance.dependent = vec![(10..25).collect()];
        assert_prints(
            &fitted,
            "\
the Jacobian has rank 3 of 29:
p[2] and p[3] have no effect here, their derivatives are zero: leave them out,
fix them, or try another start
the data cannot distinguish p[10], p[11], p[12], p[13], p[14], p[15], p[16],
p[17] and 7 more here, to the 3 digits of the derivatives: fix one of them, add
data, or give exact derivatives
p[29] is at a bound: standard errors treat it as known

",
        );
        fitted.covariance.rank = 29;
        assert!(!fitted.to_string().contains("cannot distinguish"));
    }

    #[test]
    fn every_ending_is_explained() {
        let endings = [
            Termination::StepBudget,
            Termination::TargetReached,
            Termination::NonFinite {
                quantity: Quantity::Loss,
            },
            Termination::Observer,
            Termination::Stalled,
            Termination::LossConverged,
            Termination::StepConverged,
            Termination::GradientConverged,
            Termination::EvaluationBudget,
        ];
        for termination in endings {
            let fitted = Fitted {
                termination,
                ..fitted()
            };
            assert_prints(&fitted, explanation(termination));
            let text = fitted.to_string();
            assert_eq!(text.contains("NOT CONVERGED"), !termination.is_success());
            let warned = text.contains(
                "\nstandard errors are valid only at a minimum; this point may not be one\n",
            );
            assert_eq!(warned, !termination.is_success());
        }
    }

    #[test]
    fn only_the_largest_correlations_are_listed() {
        let mut fitted = fitted();
        let n = 6;
        fitted.names = (0..n).map(|j| format!("p[{j}]")).collect();
        fitted.parameters = vec![1.0; n];
        fitted.states = vec![ParameterState::Free; n];
        fitted.covariance.standard_errors = vec![1.0; n];
        // 0.90, 0.91 and so on for the 15 pairs. One pair has a small correlation.
        fitted.covariance.correlation = Mat::from_fn(n, n, |i, j| match (i.min(j), i.max(j)) {
            (0, 1) => 0.1,
            (low, high) => 0.9 + 0.01 * low as f64 + 0.001 * high as f64,
        });
        let text = fitted.to_string();
        assert!(
            text.contains("\n  p[4], p[5]                          0.9450\n"),
            "{text}"
        );
        assert!(text.contains("\n  and 6 more\n"), "{text}");
        assert!(!text.contains("p[0], p[1]"), "{text}");
    }

    #[test]
    fn a_level_is_a_percentage() {
        for (level, expected) in [
            (0.95, "95 %"),
            (0.6827, "68.27 %"),
            (0.07, "7 %"),
            (0.999_999, "99.9999 %"),
            (0.9, "90 %"),
            (1e-3, "0.1 %"),
        ] {
            assert_eq!(percent(level), expected);
        }
    }

    /// t = 1.372184 for 80 % and 10 degrees of freedom, from a table of Student's t.
    #[test]
    fn a_summary_has_the_level_that_is_asked() {
        let text = fitted().summary(0.8).unwrap();
        assert!(text.contains("             80 % interval\n"), "{text}");
        let row =
            "  amplitude            1234.5000       12.35     1.0 %      1217.56      1251.44\n";
        assert!(text.contains(row), "{text}");
        for level in [0.0, 1.0, 1.5, -0.1, f64::NAN] {
            assert!(fitted().summary(level).is_err(), "{level}");
        }
    }

    #[test]
    fn numbers_have_their_digits() {
        for (value, digits, expected) in [
            (0.0, 4, "0.000"),
            (9.9999, 4, "10.00"),
            (-1.234_567_8e-4, 4, "-0.0001235"),
            (9.9999e-5, 4, "0.0001000"),
            (1.2345e-5, 4, "1.234e-5"),
            (1_234_567.8, 4, "1234568"),
            (12_345_678.0, 4, "1.235e7"),
            (f64::INFINITY, 4, "inf"),
            (f64::NAN, 4, "NaN"),
        ] {
            assert_eq!(significant(value, digits), expected);
        }
    }
}
