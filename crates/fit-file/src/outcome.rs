//! What a fit of a file found.

use leastwise_optim::Fitted;

use crate::formula::Chosen;

/// A fit of a file: the result, and what is needed to show it.
pub struct Outcome {
    /// The result.
    pub fitted: Fitted<f64>,
    /// How the file was read, in one line.
    pub how: String,
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

    /// How the file was read, the equation, the start and the summary, as text for a terminal.
    #[must_use]
    pub fn summary(&self) -> String {
        let started = self.fitted.names.iter().zip(&self.start);
        let started: Vec<String> = started
            .map(|(name, value)| {
                format!("{name} = {}", leastwise_report::format::significant(*value))
            })
            .collect();
        format!(
            "{}\n{}\nstarted at {}\n\n{}\n",
            self.how,
            self.equation(),
            started.join(", "),
            self.fitted
        )
    }
}
