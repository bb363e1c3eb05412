//! The fit.

use leastwise_core::Error as CoreError;
use leastwise_faer::Faer;
use leastwise_optim::{
    Bounds, Curve, Fit, Fitted, LeastSquaresProblem, Parameters, RobustLoss, Sigma, robust_scale,
};

use crate::args::FitArgs;
use crate::assignments::{ranges, values};
use crate::columns::Columns;
use crate::error::{Error, Result, bad_input};
use crate::formula::{Chosen, Formula};
use crate::outcome::Outcome;
use crate::picture::Medium;

/// Fits the model to the file, writes the pictures, and returns the result. It prints nothing.
///
/// # Errors
/// [`Error::BadInput`] in one line, with the flag, the column or the line of the file. [`Error::Failed`] if the fit or the
/// writing of a picture fails. A fit that does not converge is no error here: see
/// [`Fitted::is_success`](leastwise_optim::Fitted::is_success).
pub fn run(args: &FitArgs) -> Result<Outcome> {
    let media: Result<Vec<Medium>> = args.plot.iter().map(|path| Medium::of(path)).collect();
    let media = media?;
    let outcome = fitted(args)?;
    for (path, medium) in args.plot.iter().zip(media) {
        let bytes = medium.render(&outcome)?;
        let written = leastwise_report::write(path, &bytes);
        written.map_err(|error| Error::Failed(format!("--plot: {error}")))?;
    }
    Ok(outcome)
}

/// The data of a fit.
struct Data {
    x: Vec<f64>,
    y: Vec<f64>,
    sigmas: Option<Vec<f64>>,
}

/// What the user states about parameters.
struct Stated<'a> {
    starts: Vec<(&'a str, f64)>,
    fixed: Vec<(&'a str, f64)>,
    ranges: Vec<(&'a str, f64, f64)>,
}

/// Where a fit starts.
struct Start {
    values: Vec<f64>,
    bounds: Bounds<f64>,
    /// The places of the parameters that keep their values.
    held: Vec<usize>,
}

impl Start {
    /// The parameters of a fit that starts at these values.
    fn parameters(&self, values: &[f64], names: &[String]) -> Parameters<f64> {
        Parameters::from(values)
            .with_names(names)
            .with_bounds(self.bounds.clone())
            .with_held(&self.held)
    }
}

impl<'a> Stated<'a> {
    fn of(args: &'a FitArgs) -> Result<Self> {
        let stated = Self {
            starts: values("--start", args.start.as_deref())?,
            fixed: values("--fix", args.fix.as_deref())?,
            ranges: ranges("--bounds", args.bounds.as_deref())?,
        };
        let is_started = |name: &str| stated.starts.iter().any(|(known, _)| *known == name);
        if let Some((name, _)) = stated.fixed.iter().find(|(name, _)| is_started(name)) {
            let problem = format!("--fix: {name} has a value in --start, too; give it one value");
            return Err(bad_input(problem));
        }
        Ok(stated)
    }

    /// The names of the parameters that have a value.
    fn given(&self) -> Vec<&'a str> {
        self.starts
            .iter()
            .chain(&self.fixed)
            .map(|(name, _)| *name)
            .collect()
    }

    /// The start: the guess of a model, moved into the bounds of the user, and the values of the user.
    fn start(&self, chosen: &Chosen, data: &Data) -> Result<Start> {
        let bounds = bounds(chosen, &self.ranges)?;
        let mut values = match &chosen.formula {
            Formula::Typed(_) => vec![f64::NAN; chosen.parameters.len()],
            Formula::Known(model) => {
                let guess = model.guess(&data.x, &data.y);
                guess.map_err(|error| {
                    bad_input(format!("--model {}: {}", model.name(), reason(&error)))
                })?
            }
        };
        for (j, value) in values.iter_mut().enumerate() {
            *value = value.clamp(bounds.lower()[j], bounds.upper()[j]);
        }
        for &(name, value) in &self.starts {
            values[place("--start", name, &chosen.parameters)?] = value;
        }
        let mut held = Vec::new();
        for &(name, value) in &self.fixed {
            let j = place("--fix", name, &chosen.parameters)?;
            values[j] = value;
            held.push(j);
        }
        for (j, name) in chosen.parameters.iter().enumerate() {
            let (low, high) = (bounds.lower()[j], bounds.upper()[j]);
            if !(low <= values[j] && values[j] <= high) {
                let flag = if held.contains(&j) {
                    "--fix"
                } else {
                    "--start"
                };
                return Err(bad_input(format!(
                    "{flag}: {name} = {} is outside its bounds, {low} to {high}",
                    values[j]
                )));
            }
        }
        Ok(Start {
            values,
            bounds,
            held,
        })
    }
}

fn fitted(args: &FitArgs) -> Result<Outcome> {
    let stated = Stated::of(args)?;
    let robust = args.robust.as_deref().map(Loss::named).transpose()?;
    let columns = Columns::read(args)?;
    let x_column = columns.find("--x", &args.x)?;
    let y_column = columns.find("--y", &args.y)?;
    let data = data(args, &columns, x_column, y_column)?;
    let chosen = Chosen::new(&args.model, &columns, x_column, &stated.given())?;
    let mut start = stated.start(&chosen, &data)?;
    check_counts(args, start.values.len() - start.held.len(), data.y.len())?;

    let rows = rows(&columns, &chosen.columns);
    let width = chosen.columns.len();
    let row = |i: usize| &rows[i * width..(i + 1) * width];
    let points: Vec<&[f64]> = (0..data.y.len()).map(row).collect();
    check_start(&chosen.formula, &points, &start.values, &columns)?;
    let fitted = run_fit(args, robust, &chosen, &points, &data, &mut start);
    let fitted = fitted.map_err(|error| refused(&error))?;
    let value = |row: &&[f64]| chosen.formula.value(row, &fitted.parameters);
    Ok(Outcome {
        values: points.iter().map(value).collect(),
        fitted,
        how: columns.how.clone(),
        start: start.values,
        x_column,
        x_name: columns.name(x_column),
        y_name: columns.name(y_column),
        x: data.x,
        y: data.y,
        sigmas: data.sigmas,
        chosen,
    })
}

fn run_fit(
    args: &FitArgs,
    robust: Option<Loss>,
    chosen: &Chosen,
    points: &[&[f64]],
    data: &Data,
    start: &mut Start,
) -> leastwise_core::Result<Fitted<f64>> {
    let formula = &chosen.formula;
    let value = |row: &[f64], p: &[f64]| formula.value(row, p);
    let mut curve = Curve::new(start.values.len(), value, points, &data.y)?;
    if let Some(sigmas) = &data.sigmas {
        curve = curve.with_sigmas(sigmas)?;
    }
    let problem = curve.with_gradient(|row: &[f64], p: &[f64], gradient: &mut [f64]| {
        formula.gradient(row, p, gradient);
    });
    let backend = Faer::default();
    let mut fit = Fit::new(&backend);
    if args.absolute_sigma {
        fit = fit.with_sigma_scale(Sigma::Absolute);
    }
    if let Some(linear) = fit_of_linear(&fit, &problem, formula, start) {
        start.values = linear.parameters;
    }
    let from = |values: &[f64]| start.parameters(values, &chosen.parameters);
    match robust {
        None => fit.run(&problem, from(&start.values)),
        Some(loss) => loss.fit(&fit, &problem, &start.values, &from, args.absolute_sigma),
    }
}

/// A first fit of the parameters in which the formula is linear, with the others held. From a bad start of these
/// parameters, a fit of all may leave the region in which the others make sense.
fn fit_of_linear<P: LeastSquaresProblem<f64>>(
    fit: &Fit<'_, f64, Faer>,
    problem: &P,
    formula: &Formula,
    start: &Start,
) -> Option<Fitted<f64>> {
    let Formula::Typed(program) = formula else {
        return None;
    };
    let linear = program.linear();
    let is_held = |j: &usize| start.held.contains(j) || !linear.contains(j);
    let held: Vec<usize> = (0..start.values.len()).filter(is_held).collect();
    if held.len() == start.values.len() || held.len() == start.held.len() {
        return None;
    }
    let parameters = Parameters::from(&start.values)
        .with_bounds(start.bounds.clone())
        .with_held(&held);
    let fitted = fit.run(problem, parameters).ok()?;
    (fitted.is_full_rank() && fitted.is_success()).then_some(fitted)
}

fn check_counts(args: &FitArgs, free: usize, rows: usize) -> Result<()> {
    if free == 0 {
        return Err(bad_input("--model: no parameter is free"));
    }
    if rows < free {
        return Err(bad_input(format!(
            "{}: {rows} rows do not determine {free} parameters",
            args.file.display()
        )));
    }
    Ok(())
}

fn data(args: &FitArgs, columns: &Columns, x: usize, y: usize) -> Result<Data> {
    let data = Data {
        x: columns.column(x),
        y: columns.column(y),
        sigmas: match &args.sigma {
            Some(sigma) => Some(columns.column(columns.find("--sigma", sigma)?)),
            None => None,
        },
    };
    if data.y.len() > 1 {
        for (flag, column, values) in [("--x", x, &data.x), ("--y", y, &data.y)] {
            if values.iter().all(|value| *value == values[0]) {
                return Err(bad_input(format!(
                    "{flag}: the column {} is constant: it is {} in every row",
                    columns.name(column),
                    values[0]
                )));
            }
        }
    }
    if let (Some(sigmas), Some(name)) = (&data.sigmas, &args.sigma)
        && let Some(row) = sigmas.iter().position(|sigma| *sigma <= 0.0)
    {
        return Err(bad_input(format!(
            "--sigma: the column {name} must be positive, but it is {} in row {}",
            sigmas[row],
            row + 1
        )));
    }
    Ok(data)
}

/// The columns of the model, row by row.
fn rows(columns: &Columns, used: &[usize]) -> Vec<f64> {
    let row = |row: usize| used.iter().map(move |&column| columns.entry(row, column));
    (0..columns.rows()).flat_map(row).collect()
}

/// The place of a parameter.
fn place(flag: &str, name: &str, parameters: &[String]) -> Result<usize> {
    let place = parameters.iter().position(|parameter| parameter == name);
    place.ok_or_else(|| {
        bad_input(format!(
            "{flag}: the model has no parameter {name}; its parameters are {}",
            parameters.join(", ")
        ))
    })
}

/// The bounds of the model and those of the user.
fn bounds(chosen: &Chosen, ranges: &[(&str, f64, f64)]) -> Result<Bounds<f64>> {
    let none = || Bounds::none(chosen.parameters.len());
    let mut bounds = chosen.bounds.clone().unwrap_or_else(none);
    for &(name, low, high) in ranges {
        let j = place("--bounds", name, &chosen.parameters)?;
        let (own_low, own_high) = (bounds.lower()[j], bounds.upper()[j]);
        bounds = bounds.with(j, low.max(own_low), high.min(own_high)).map_err(|_| {
            bad_input(format!(
                "--bounds: {name} from {low} to {high} has nothing in common with the bounds of the model, {own_low} to \
                 {own_high}"
            ))
        })?;
    }
    Ok(bounds)
}

/// Names the first row in which the model has no value at the start.
fn check_start(
    formula: &Formula,
    points: &[&[f64]],
    start: &[f64],
    columns: &Columns,
) -> Result<()> {
    let mut gradient = vec![0.0; start.len()];
    for (i, row) in points.iter().enumerate() {
        let value = formula.value(row, start);
        formula.gradient(row, start, &mut gradient);
        let (what, value) = match gradient.iter().find(|g| !g.is_finite()) {
            _ if !value.is_finite() => ("model", value),
            Some(derivative) => ("derivative of the model", *derivative),
            None => continue,
        };
        let values: Vec<String> = (0..columns.width())
            .map(|c| format!("{} = {}", columns.name(c), columns.entry(i, c)))
            .collect();
        return Err(bad_input(format!(
            "--start: there the {what} is {value} in row {}, where {}; try other values",
            i + 1,
            values.join(", ")
        )));
    }
    Ok(())
}

type OfScale = fn(f64) -> leastwise_core::Result<RobustLoss<f64>>;

/// A robust loss, whose scale is a multiple of the standard deviation of good data.
#[derive(Clone, Copy)]
struct Loss {
    of_scale: OfScale,
    /// The multiple for an efficiency of 95 %: see [`RobustLoss`].
    multiple: f64,
}

/// The multiple of Huber's loss, with which a fit begins.
const HUBER: Loss = Loss {
    of_scale: RobustLoss::huber,
    multiple: 1.345,
};

/// The largest number of fits until the scale is settled.
const ROUNDS: usize = 20;

impl Loss {
    fn named(name: &str) -> Result<Self> {
        let (of_scale, multiple): (OfScale, f64) = match name {
            "huber" => return Ok(HUBER),
            "soft-l1" => (RobustLoss::soft_l1, 1.287),
            "cauchy" => (RobustLoss::cauchy, 2.385),
            "tukey" => (RobustLoss::tukey, 4.685),
            _ => {
                let problem = format!(
                    "--robust: must be huber, soft-l1, cauchy or tukey, but it is {name:?}"
                );
                return Err(bad_input(problem));
            }
        };
        Ok(Self { of_scale, multiple })
    }

    /// Fits with Huber's loss until the scale does not change, and then with this loss. Absolute standard deviations are
    /// the scale themselves.
    fn fit<P: LeastSquaresProblem<f64>>(
        self,
        fit: &Fit<'_, f64, Faer>,
        problem: &P,
        start: &[f64],
        from: &dyn Fn(&[f64]) -> Parameters<f64>,
        is_absolute: bool,
    ) -> leastwise_core::Result<Fitted<f64>> {
        let mut fitted = fit.run(problem, from(start))?;
        let mut sigma = 1.0;
        for _ in 0..ROUNDS {
            let before = sigma;
            if !is_absolute {
                sigma = robust_scale(&fitted.residuals)?;
            }
            // Without residuals, there is nothing to be robust against.
            if sigma == 0.0 {
                return Ok(fitted);
            }
            let loss = (HUBER.of_scale)(HUBER.multiple * sigma)?;
            let robust = fit.clone().with_loss(loss);
            fitted = robust.run(problem, from(&fitted.parameters))?;
            if is_absolute || (sigma - before).abs() <= 1e-3 * sigma {
                break;
            }
        }
        let loss = (self.of_scale)(self.multiple * sigma)?;
        let robust = fit.clone().with_loss(loss);
        robust.run(problem, from(&fitted.parameters))
    }
}

/// An error of the fit. Invalid data are the user's.
fn refused(error: &CoreError) -> Error {
    match error {
        CoreError::Shape { .. }
        | CoreError::InvalidArgument { .. }
        | CoreError::NonFinite { .. } => Error::BadInput(error.to_string()),
        other => Error::Failed(other.to_string()),
    }
}

/// The argument and the detail of an error, without the operation.
fn reason(error: &CoreError) -> String {
    match error {
        CoreError::Shape {
            argument, detail, ..
        }
        | CoreError::InvalidArgument {
            argument, detail, ..
        } => {
            format!("{argument} {detail}")
        }
        other => other.to_string(),
    }
}
