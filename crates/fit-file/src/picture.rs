//! Data, curve and residuals as a picture, and as a page.

use std::path::Path;

use leastwise_core::Mat;
use leastwise_optim::{ParameterState, Prediction};
use leastwise_report::format::significant;
use leastwise_report::{
    Axis, Chart, Document, Figure, Kind, Look, Point, Rule, Section, Series, Table,
};

use crate::error::{Error, Result, bad_input};
use crate::outcome::{Outcome, in_words, percent};

/// The kind of a picture, by the extension of its file.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Medium {
    Png,
    Svg,
    Html,
}

/// The largest number of data that are drawn. More would cover each other.
const MOST_DATA: usize = 4000;

/// The points of the curve.
const CURVE: usize = 800;

impl Medium {
    /// # Errors
    /// Another extension, and a folder that does not exist.
    pub(crate) fn of(path: &Path) -> Result<Self> {
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        if folder.is_some_and(|folder| !folder.is_dir()) {
            return Err(bad_input(format!(
                "--plot: the folder of {} does not exist",
                path.display()
            )));
        }
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("png") => Ok(Self::Png),
            Some("svg") => Ok(Self::Svg),
            Some("html") => Ok(Self::Html),
            _ => Err(bad_input(format!(
                "--plot: the extension of {} must be .png, .svg or .html",
                path.display()
            ))),
        }
    }

    pub(crate) fn render(self, outcome: &Outcome) -> Result<Vec<u8>> {
        let failed = |error: leastwise_report::Error| Error::Failed(format!("--plot: {error}"));
        match self {
            Self::Png => outcome.figure().to_png(&outcome.equation()).map_err(failed),
            Self::Svg => outcome
                .figure()
                .to_svg()
                .map(String::into_bytes)
                .map_err(failed),
            Self::Html => outcome
                .document()
                .to_html()
                .map(String::into_bytes)
                .map_err(failed),
        }
    }
}

impl Outcome {
    /// The page: the equation, the parameters, the picture and the summary.
    fn document(&self) -> Document {
        let fitted = &self.fitted;
        let level = percent(self.level);
        let mut headers = vec![
            "parameter".to_owned(),
            "estimate".to_owned(),
            "standard error".to_owned(),
            format!("{level} interval"),
        ];
        if self.has_profiles {
            headers.push(format!("{level} profile"));
        }
        headers.push("start".to_owned());
        let mut table = Table::of_numbers(headers);
        let profiles = self.profiles();
        // The level was checked.
        let intervals = fitted.confidence_intervals(self.level).unwrap_or_default();
        for (j, (low, high)) in intervals.into_iter().enumerate() {
            let error = fitted.standard_errors()[j];
            let is_estimated = matches!(
                fitted.states[j],
                ParameterState::Free | ParameterState::Tied
            );
            let (error, interval) = if is_estimated {
                (
                    significant(error),
                    format!("{} to {}", significant(low), significant(high)),
                )
            } else {
                ("–".to_owned(), "not free".to_owned())
            };
            let estimate = significant(fitted.parameters[j]);
            let mut row = vec![fitted.names[j].clone(), estimate, error, interval];
            if self.has_profiles {
                let profile = profiles.iter().find(|(place, _)| *place == j);
                row.push(profile.map_or("–".to_owned(), |(_, profile)| in_words(profile)));
            }
            row.push(match &self.chosen.followers[j] {
                Some(follower) => format!("{} = {}", fitted.names[j], follower.text),
                None => significant(self.start[j]),
            });
            table.push(row);
        }
        // The table of the summary is the one above.
        let summary = self.fitted_summary();
        let mut parts = summary.splitn(3, "\n\n");
        let headline = parts.next().unwrap_or_default();
        let statistics = parts.nth(1).unwrap_or_default();
        let lines = headline.lines().chain(statistics.lines());
        let lines = lines
            .chain([&self.how[..]])
            .filter(|line| !line.trim().is_empty());
        Document::new(self.equation_with_ties())
            .with(Section::new("Parameters").with(table))
            .with(Section::new("Data and curve").with(self.figure()))
            .with(Section::new("Summary").lines(lines))
    }

    /// Data with the curve and its band, above the residuals.
    fn figure(&self) -> Figure {
        let is_logarithmic = is_crowded_at_zero(&self.x);
        let x_axis = || {
            if is_logarithmic {
                Axis::logarithmic(&self.x_name)
            } else {
                Axis::linear(&self.x_name).tight()
            }
        };
        let data = Chart::new(
            self.equation_with_ties(),
            x_axis(),
            Axis::linear(&self.y_name).tight(),
        );
        let at = self.places(is_logarithmic);
        // The first series is drawn last, on top of the others.
        let mut data = data.with(self.data()).with(self.curve(&at));
        if let Some(band) = self.band(&at) {
            data = data.with(band);
        }
        let name = if self.sigmas.is_some() {
            "(data − curve)/σ"
        } else {
            "data − curve"
        };
        let mut residuals =
            Chart::new("Residuals", x_axis(), Axis::linear(name)).with(self.residuals());
        residuals.rules.push(Rule::level(0.0, ""));
        let mut figure = Figure::charts("fit", "", [data, residuals]).layout(1, (760.0, 330.0));
        if self.x.len() > MOST_DATA {
            figure = figure.note(format!("{MOST_DATA} of {} data are drawn.", self.x.len()));
        }
        if !self.fitted.is_success() {
            figure = figure.note("The fit did not converge.");
        }
        figure
    }

    /// The data that are drawn: all, or evenly many.
    fn drawn(&self) -> impl Iterator<Item = usize> + use<> {
        let count = self.x.len();
        let most = count.min(MOST_DATA);
        (0..most).map(move |k| k * count / most)
    }

    fn data_name(&self) -> &'static str {
        if self.sigmas.is_some() {
            "data ± standard deviation"
        } else {
            "data"
        }
    }

    fn data(&self) -> Series {
        let point = |i: usize| Point {
            interval: self
                .sigmas
                .as_ref()
                .map(|sigmas| (self.y[i] - sigmas[i], self.y[i] + sigmas[i])),
            ..Point::from((self.x[i], self.y[i]))
        };
        Series::new(self.data_name(), Look::new(0), self.drawn().map(point)).kind(Kind::Markers)
    }

    /// The x at which the curve is drawn. A model of several columns has values at the data only, and no curve.
    fn places(&self, is_logarithmic: bool) -> Vec<f64> {
        if !self.chosen.is_curve_over(self.x_column) {
            return Vec::new();
        }
        let low = self.x.iter().copied().fold(f64::INFINITY, f64::min);
        let high = self.x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let at = |k: usize| {
            let share = k as f64 / (CURVE - 1) as f64;
            if is_logarithmic {
                low * (high / low).powf(share)
            } else {
                low + share * (high - low)
            }
        };
        (0..CURVE).map(at).collect()
    }

    /// The columns of the model where x has this value.
    fn row(&self, x: f64) -> Vec<f64> {
        vec![x; self.chosen.columns.len()]
    }

    fn curve(&self, at: &[f64]) -> Series {
        let look = curve_look().dash(0).thick();
        if at.is_empty() {
            let points = self.drawn().map(|i| Point {
                is_hollow: true,
                ..Point::from((self.x[i], self.values[i]))
            });
            return Series::new("model", look, points).kind(Kind::Markers);
        }
        let value = |x: f64| {
            self.chosen
                .formula
                .value(&self.row(x), &self.fitted.parameters)
        };
        let points = at
            .iter()
            .map(|&x| (x, value(x)))
            .filter(|(_, y)| y.is_finite());
        Series::new("curve", look, points)
    }

    /// The confidence band of the curve, unless the data do not determine it.
    fn band(&self, at: &[f64]) -> Option<Series> {
        let p = &self.fitted.parameters;
        let mut values = Vec::with_capacity(at.len());
        let mut jacobian = Mat::zeros(at.len(), p.len());
        let mut gradient = vec![0.0; p.len()];
        for (i, &x) in at.iter().enumerate() {
            let row = self.row(x);
            values.push(self.chosen.formula.value(&row, p));
            self.chosen.formula.gradient(&row, p, &mut gradient);
            for (j, &derivative) in gradient.iter().enumerate() {
                jacobian[(i, j)] = derivative;
            }
        }
        // A value or a derivative that is not finite has no band.
        let bands = self
            .fitted
            .bands(&values, jacobian.as_ref(), None, self.level)
            .ok()?;
        let is_known = |band: &Prediction<f64>| band.standard_error.is_finite();
        if bands.is_empty() || !bands.iter().all(is_known) {
            return None;
        }
        let point = |(&x, band): (&f64, &Prediction<f64>)| Point {
            interval: Some(band.confidence),
            ..Point::from((x, band.value))
        };
        let points = at.iter().zip(&bands).map(point);
        let name = format!("{} band", percent(self.level));
        Some(Series::new(name, curve_look(), points).kind(Kind::Band))
    }

    fn residuals(&self) -> Series {
        // The residuals of a fit are model minus data.
        let point = |i: usize| Point::from((self.x[i], -self.fitted.residuals[i]));
        Series::new(self.data_name(), Look::new(0), self.drawn().map(point)).kind(Kind::Markers)
    }
}

/// Whether positive values span decades, with at least half of them below a tenth of the largest. On a linear axis, they
/// would cover each other.
fn is_crowded_at_zero(x: &[f64]) -> bool {
    let largest = x.iter().copied().fold(0.0, f64::max);
    let crowded = x.iter().filter(|&&x| x < 0.1 * largest).count();
    x.iter().all(|&x| x > 0.0) && 2 * crowded >= x.len()
}

fn curve_look() -> Look {
    Look::new(1)
}
