//! The fit on the ranks of a parallel program, which share the rows.

use leastwise_faer::Faer;
use leastwise_mpi::{Checkpoints, Table, TableCurve};
use leastwise_optim::ranks::Ranks;
use leastwise_optim::{Fit, Fitted, Observer, Rows};

use crate::args::FitArgs;
use crate::columns::{Columns, file_name};
use crate::data::{Data, constant, not_positive};
use crate::error::{Error, Result, bad_input};
use crate::fit::{check_counts, check_options, fit_of, refused, start_linear};
use crate::formula::{Chosen, Formula};
use crate::outcome::Outcome;
use crate::part::{Part, columns};
use crate::robust::Loss;
use crate::start::{Start, Stated};

/// As [`run`](crate::run), on all ranks of a parallel program. They have the same arguments, and the files are dealt out to
/// them: see `--mpi`. All return the same result or error. [`Fitted::residuals`] is empty.
///
/// Each rank has its own `observers` of the steps.
///
/// # Errors
/// As [`run`](crate::run). An error that only some ranks have names the first one.
pub fn run_across(
    args: &FitArgs,
    ranks: &Ranks,
    observers: &mut [&mut dyn Observer<f64>],
) -> Result<Outcome> {
    agree(
        ranks,
        check_options(args).and_then(|()| check_offered(args)),
    )?;
    let stated = agree(ranks, Stated::of(args))?;
    let robust = agree(ranks, args.robust.as_deref().map(Loss::named).transpose())?;
    let part = agree(ranks, Part::open(args, ranks))?;
    let headings = ranks.gather(Ok::<_, Error>(part.headings()));
    let headings = headings.map_err(|error| refused(&error))?.concat();
    let columns = agree(ranks, columns(&headings))?;
    let layout = agree(ranks, Layout::new(args, &columns, &stated))?;
    let table = agree(ranks, part.table(&layout.columns()))?;
    let rows = survey(&table, ranks, &layout, &columns)?;

    let sample = match &layout.chosen.formula {
        Formula::Typed(_) => Data::default(),
        Formula::Known(_) => layout.sample(&table, ranks, rows)?,
    };
    let start = stated.start(&layout.chosen, &sample, robust.is_some());
    let mut start = agree(ranks, start)?;
    agree(ranks, check_counts(args, start.free(), rows))?;
    let at = (&table, ranks);
    let fitted = run_fit(args, robust, &layout, at, &mut start, observers);
    let fitted = fitted.map_err(|error| refused(&error))?;
    let file = match args.more.len() {
        0 => file_name(&args.file),
        more => format!("{} files", more + 1),
    };
    Ok(Outcome {
        how: format!(
            "read {rows}×{} from {file}, on {} ranks",
            columns.width(),
            ranks.count()
        ),
        values: Vec::new(),
        fitted,
        has_profiles: false,
        level: args.level,
        start: start.values,
        x_column: layout.x,
        x_name: columns.name(layout.x),
        y_name: columns.name(layout.y),
        x: Vec::new(),
        y: Vec::new(),
        sigmas: None,
        chosen: layout.chosen,
    })
}

/// `outcome`, if it is a success on all ranks. An error of all ranks names none of them.
fn agree<R>(ranks: &Ranks, outcome: Result<R>) -> Result<R> {
    let own = outcome.as_ref().err().map(|error| {
        let is_bad_input = matches!(error, Error::BadInput(_));
        (is_bad_input, error.to_string())
    });
    let all = ranks.gather(Ok::<_, Error>(own));
    let all = all.map_err(|error| refused(&error))?;
    let Some(first) = all.iter().position(Option::is_some) else {
        return outcome;
    };
    let (is_bad_input, message) = all[first].clone().unwrap_or_default();
    let message = if all.iter().all(|other| *other == all[first]) {
        message
    } else {
        format!("rank {first}: {message}")
    };
    Err(if is_bad_input {
        Error::BadInput(message)
    } else {
        Error::Failed(message)
    })
}

/// Refuses what a fit across ranks does not have.
fn check_offered(args: &FitArgs) -> Result<()> {
    let flags = [
        ("--plot", !args.plot.is_empty()),
        ("--profiles", args.profiles),
        ("--starts", args.starts > 1),
        ("--tie", args.tie.is_some()),
    ];
    match flags.iter().find(|(_, is_given)| *is_given) {
        None => Ok(()),
        Some((flag, _)) => Err(bad_input(format!(
            "--mpi: {flag} is not offered across ranks; leave it out, or fit without --mpi"
        ))),
    }
}

/// What a row of a rank has: the columns of the formula, x, y, and the standard deviation of y.
struct Layout {
    chosen: Chosen,
    x: usize,
    y: usize,
    sigma: Option<usize>,
}

/// The largest number of rows that are read at once for the checks.
const BLOCK: usize = 4096;

/// About as many rows are enough for the guess of a model.
const SAMPLE: usize = 4096;

impl Layout {
    fn new(args: &FitArgs, columns: &Columns, stated: &Stated<'_>) -> Result<Self> {
        let x = columns.find("--x", &args.x)?;
        let y = columns.find("--y", &args.y)?;
        let sigma = args.sigma.as_ref();
        let sigma = sigma
            .map(|sigma| columns.find("--sigma", sigma))
            .transpose()?;
        let given = stated.given();
        Ok(Self {
            chosen: Chosen::new(&args.model, (columns, x), &given, &stated.ties)?,
            x,
            y,
            sigma,
        })
    }

    /// The columns of a row.
    fn columns(&self) -> Vec<usize> {
        let of_formula = self.chosen.columns.iter().copied();
        let rest = [self.x, self.y].into_iter().chain(self.sigma);
        of_formula.chain(rest).collect()
    }

    /// The place of x in a row. y and the standard deviation follow.
    fn place(&self) -> usize {
        self.chosen.columns.len()
    }

    /// Checks the rows of this rank, and returns their number, and the smallest and the largest x and y.
    fn check(&self, table: &impl Table, columns: &Columns) -> Result<(usize, Vec<f64>, Vec<f64>)> {
        let names: Vec<String> = self.columns().iter().map(|&c| columns.name(c)).collect();
        let (mut low, mut high) = (vec![f64::INFINITY; 2], vec![f64::NEG_INFINITY; 2]);
        let mut entries = Vec::new();
        for first in (0..table.rows()).step_by(BLOCK) {
            let count = BLOCK.min(table.rows() - first);
            entries.resize(count * names.len(), 0.0);
            let read = table.read(Rows::From(first), &mut entries);
            read.map_err(|error| refused(&error))?;
            for (k, row) in entries.chunks_exact(names.len()).enumerate() {
                if let Some(bad) = row.iter().position(|entry| !entry.is_finite()) {
                    return Err(bad_input(format!(
                        "the column {} must be finite, but it is {} in row {}",
                        names[bad],
                        row[bad],
                        first + k + 1
                    )));
                }
                let (before, sigma) = row.split_at(self.place() + 2);
                if let [sigma] = *sigma
                    && sigma <= 0.0
                {
                    return Err(not_positive(&names[before.len()], sigma, first + k));
                }
                widen((&mut low, &mut high), &before[self.place()..]);
            }
        }
        Ok((table.rows(), low, high))
    }

    /// x, y and the standard deviations of some rows of all ranks, in their order.
    fn sample(&self, table: &impl Table, ranks: &Ranks, rows: usize) -> Result<Data> {
        let stride = rows.div_ceil(SAMPLE).max(1);
        let own: Vec<usize> = (0..table.rows()).step_by(stride).collect();
        let width = table.columns();
        let mut entries = vec![0.0; own.len() * width];
        let read = table.read(Rows::Listed(&own), &mut entries);
        let all = ranks.gather(read.map(|()| entries));
        let all = all.map_err(|error| refused(&error))?.concat();
        let column =
            |place: usize| -> Vec<f64> { all.chunks_exact(width).map(|row| row[place]).collect() };
        let x = self.place();
        Ok(Data {
            x: column(x),
            y: column(x + 1),
            sigmas: self.sigma.map(|_| column(x + 2)),
        })
    }
}

/// Extends ranges to these values.
fn widen((low, high): (&mut [f64], &mut [f64]), values: &[f64]) {
    for (k, &value) in values.iter().enumerate() {
        low[k] = low[k].min(value);
        high[k] = high[k].max(value);
    }
}

/// Checks the data of all ranks, and returns the number of their rows.
fn survey(table: &impl Table, ranks: &Ranks, layout: &Layout, columns: &Columns) -> Result<usize> {
    let own = agree(ranks, layout.check(table, columns))?;
    let all = ranks.merge(
        Ok::<_, Error>(own),
        |(m, mut low, mut high), (n, lows, highs)| {
            widen((&mut low, &mut high), &lows);
            widen((&mut low, &mut high), &highs);
            Ok((m + n, low, high))
        },
    );
    let (rows, low, high) = all.map_err(|error| refused(&error))?;
    for (k, (flag, column)) in [("--x", layout.x), ("--y", layout.y)]
        .into_iter()
        .enumerate()
    {
        if rows > 1 && low[k] == high[k] {
            return Err(constant(flag, &columns.name(column), low[k]));
        }
    }
    Ok(rows)
}

fn run_fit(
    args: &FitArgs,
    robust: Option<Loss>,
    layout: &Layout,
    (table, ranks): (&impl Table, &Ranks),
    start: &mut Start,
    observers: &mut [&mut dyn Observer<f64>],
) -> leastwise_core::Result<Fitted<f64>> {
    let formula = &layout.chosen.formula;
    let x = layout.place();
    let value = |row: &[f64], p: &[f64]| formula.value(&row[..x], p);
    let mut curve = TableCurve::new(table, x + 1, start.values.len(), value)?;
    if layout.sigma.is_some() {
        curve = curve.with_sigma(x + 2)?;
    }
    let problem = curve.with_gradient(|row: &[f64], p: &[f64], gradient: &mut [f64]| {
        formula.gradient(&row[..x], p, gradient);
    });
    let backend = Faer::default();
    let fit = fit_of(args, &backend);
    start_linear(&layout.chosen, start, |parameters| {
        fit.clone().across(ranks).run(&problem, parameters)
    });
    let checkpoints = args.checkpoint.as_ref();
    let checkpoints = checkpoints.map(|path| Checkpoints::new(path, 1));
    let mut run = |fit: Fit<'_, f64>, values: &[f64]| {
        let parameters = start.parameters(values, &layout.chosen.parameters);
        match &checkpoints {
            None => fit
                .across(ranks)
                .run_observed(&problem, parameters, observers),
            Some(checkpoints) => checkpoints.run(ranks, fit, &problem, parameters, observers),
        }
    };
    match robust {
        None => run(fit, &start.values),
        Some(loss) => {
            let scale = |fitted: &Fitted<f64>| {
                let fit = fit.clone().across(ranks);
                fit.robust_scale(&problem, &fitted.parameters)
            };
            loss.fit(
                &fit,
                &mut run,
                &scale,
                &start.values,
                1,
                args.absolute_sigma,
            )
        }
    }
}
