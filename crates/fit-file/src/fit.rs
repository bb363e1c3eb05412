//! The fit.

use leastwise_core::Error as CoreError;
use leastwise_faer::Faer;
use leastwise_optim::{Curve, Fit, Fitted, Parameters, Sigma, robust_scale};

use crate::args::FitArgs;
use crate::columns::Columns;
use crate::data::Data;
use crate::error::{Error, Result, bad_input};
use crate::formula::{Chosen, Formula};
use crate::outcome::Outcome;
use crate::picture::Medium;
use crate::robust::Loss;
use crate::start::{Start, Stated};

/// The largest number of starts. More would not fit into memory together.
const MOST_STARTS: usize = 100_000;

/// Fits the model to the file, writes the pictures, and returns the result. It prints nothing.
///
/// # Errors
/// [`Error::BadInput`] in one line, with the flag, the column or the line of the file. [`Error::Failed`] if the fit or the
/// writing of a picture fails. A fit that does not converge is no error here: see
/// [`Fitted::is_success`](leastwise_optim::Fitted::is_success). `--mpi` is refused, because it needs ranks: see the feature
/// `mpi` of this crate.
pub fn run(args: &FitArgs) -> Result<Outcome> {
    if args.mpi {
        let problem = "--mpi: this program has no MPI; install an MPI library and libclang, and build it with: cargo install \
                       --locked --path crates/leastwise-cli --features mpi";
        return Err(bad_input(problem));
    }
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

fn fitted(args: &FitArgs) -> Result<Outcome> {
    check_options(args)?;
    let stated = Stated::of(args)?;
    let robust = args.robust.as_deref().map(Loss::named).transpose()?;
    let columns = Columns::read(args)?;
    let x_column = columns.find("--x", &args.x)?;
    let y_column = columns.find("--y", &args.y)?;
    let data = Data::new(args, &columns, (x_column, y_column))?;
    let at = (&columns, x_column);
    let chosen = Chosen::new(&args.model, at, &stated.given(), &stated.ties)?;
    let mut start = stated.start(&chosen, &data, robust.is_some())?;
    check_counts(args, start.free(), data.y.len())?;

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
        has_profiles: args.profiles,
        level: args.level,
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

/// Refuses options that no file makes valid.
pub(crate) fn check_options(args: &FitArgs) -> Result<()> {
    if !(args.level > 0.0 && args.level < 1.0) {
        return Err(bad_input(format!(
            "--level: must be between 0 and 1, as 0.95 for 95 %, but it is {}",
            args.level
        )));
    }
    if !(1..=MOST_STARTS).contains(&args.starts) {
        return Err(bad_input(format!(
            "--starts: must be from 1 to {MOST_STARTS}, but it is {}",
            args.starts
        )));
    }
    if args.profiles && args.robust.is_some() {
        let problem =
            "--profiles: a robust loss is no likelihood, so it has no profiles; leave out --robust";
        return Err(bad_input(problem));
    }
    Ok(())
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
    let mut fit = fit_of(args, &backend);
    start_linear(chosen, start, |parameters| fit.run(&problem, parameters));
    if args.profiles {
        fit = fit.with_profiles(args.level)?;
    }
    let mut run = |fit: Fit<'_, f64>, values: &[f64]| {
        let parameters = start.parameters(values, &chosen.parameters);
        // One thread for each processor.
        fit.with_threads(0).run(&problem, parameters)
    };
    match robust {
        None => run(fit.with_starts(args.starts), &start.values),
        Some(loss) => {
            let scale = |fitted: &Fitted<f64>| robust_scale(&fitted.residuals);
            let (starts, is_absolute) = (args.starts, args.absolute_sigma);
            loss.fit(&fit, &mut run, &scale, &start.values, starts, is_absolute)
        }
    }
}

/// A fit with the unit of the residuals that the flags state.
pub(crate) fn fit_of<'b>(args: &FitArgs, backend: &'b Faer) -> Fit<'b, f64> {
    let fit = Fit::new(backend);
    if args.absolute_sigma {
        fit.with_sigma_scale(Sigma::Absolute)
    } else {
        fit
    }
}

/// Moves the start to a first fit of the parameters in which the formula is linear, with the others held. From a bad start
/// of these parameters, a fit of all may leave the region in which the others make sense.
pub(crate) fn start_linear(
    chosen: &Chosen,
    start: &mut Start,
    run: impl FnOnce(Parameters<f64>) -> leastwise_core::Result<Fitted<f64>>,
) {
    let is_fitted = |j: &usize| chosen.linear.contains(j) && !start.held.contains(j);
    let is_held = |j: &usize| !is_fitted(j) && chosen.followers[*j].is_none();
    let all = 0..start.values.len();
    let held: Vec<usize> = all.clone().filter(is_held).collect();
    let fitted = all.filter(is_fitted).count();
    // Without parameters to fit, or with all of them, there is nothing to do first.
    if fitted == 0 || fitted == start.free() {
        return;
    }
    let parameters = start.with_held(&start.values, &chosen.parameters, &held);
    if let Ok(fitted) = run(parameters)
        && fitted.is_full_rank()
        && fitted.is_success()
    {
        start.values = fitted.parameters;
    }
}

pub(crate) fn check_counts(args: &FitArgs, free: usize, rows: usize) -> Result<()> {
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

/// The columns of the model, row by row.
fn rows(columns: &Columns, used: &[usize]) -> Vec<f64> {
    let row = |row: usize| used.iter().map(move |&column| columns.entry(row, column));
    (0..columns.rows()).flat_map(row).collect()
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

/// An error of the fit. Invalid data are the user's.
pub(crate) fn refused(error: &CoreError) -> Error {
    match error {
        CoreError::Shape { .. }
        | CoreError::InvalidArgument { .. }
        | CoreError::NonFinite { .. } => Error::BadInput(error.to_string()),
        other => Error::Failed(other.to_string()),
    }
}
