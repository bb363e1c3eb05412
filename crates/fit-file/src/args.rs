//! The flags of the command.

use std::path::PathBuf;

use leastwise_files::{Decimal, Delimiter};

/// The flags of `fit`.
#[derive(Clone, Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub struct FitArgs {
    /// The table: .csv, .tsv or .txt; also .npy and .mtx, whose columns have numbers
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// More files with the same columns, for --mpi
    #[arg(value_name = "FILE", requires = "mpi")]
    pub more: Vec<PathBuf>,
    /// The column of x, by its name or by its number, counted from 1
    #[arg(long, value_name = "COLUMN")]
    pub x: String,
    /// The column of y
    #[arg(long, value_name = "COLUMN")]
    pub y: String,
    /// The column of the standard deviations of y, known up to a common factor
    #[arg(long, value_name = "COLUMN")]
    pub sigma: Option<String>,
    /// The standard deviations are known exactly: the residuals do not scale the standard errors
    #[arg(long, requires = "sigma")]
    pub absolute_sigma: bool,
    /// A formula such as "a*exp(-t/tau) + c", or a model that starts itself, such as gaussian
    ///
    /// A formula has columns and parameters. x is the column of --x, unless a column has this name. Other columns have
    /// their names, names with blanks between backticks, or $1, $2 and so on.
    ///
    /// Models that start themselves: exponential, exponentials2 to exponentials4, gaussian, lorentzian, pseudo-voigt,
    /// voigt, logistic, gompertz, 4pl, 5pl, hill, michaelis-menten, weibull, power, arrhenius, sinusoid, damped.
    #[arg(long, value_name = "FORMULA|NAME", allow_hyphen_values = true)]
    pub model: String,
    /// Where the parameters start: a=1,tau=5. A model that starts itself needs none
    #[arg(long, value_name = "NAME=VALUE,…", allow_hyphen_values = true)]
    pub start: Option<String>,
    /// Limits of parameters: a=0:,tau=0.1:10,b=:5
    #[arg(long, value_name = "NAME=LOW:HIGH,…", allow_hyphen_values = true)]
    pub bounds: Option<String>,
    /// Parameters that keep a value: c=0
    #[arg(long, value_name = "NAME=VALUE,…", allow_hyphen_values = true)]
    pub fix: Option<String>,
    /// Parameters that follow from others: tau2=3*tau1,b=1-a. They are not fitted, but have standard errors
    ///
    /// A tie may have parameters that the model does not have. Give them a value in --start or --fix. For example,
    /// --tie tau2=tau1+gap --start gap=1 --bounds gap=0: keeps tau2 above tau1.
    #[arg(long, value_name = "NAME=FORMULA,…", allow_hyphen_values = true)]
    pub tie: Option<String>,
    /// The number of starts: the given one, and others around it or within the bounds. The best fit is returned
    #[arg(
        long,
        value_name = "COUNT",
        default_value_t = 1,
        allow_hyphen_values = true
    )]
    pub starts: usize,
    /// A loss that outliers do not dominate: huber, soft-l1, cauchy or tukey
    #[arg(long, value_name = "LOSS", num_args = 0..=1, default_missing_value = "huber")]
    pub robust: Option<String>,
    /// Compute profile-likelihood intervals, which follow the curvature of the model. They take some twenty fits each
    #[arg(long)]
    pub profiles: bool,
    /// The probability of intervals and of the band
    #[arg(
        long,
        value_name = "PROBABILITY",
        default_value_t = 0.95,
        allow_hyphen_values = true
    )]
    pub level: f64,
    /// Print JSON instead of the summary
    #[arg(long)]
    pub json: bool,
    /// Draw data, curve and residuals; the extension decides: .png, .svg or .html
    #[arg(long, value_name = "FILE")]
    pub plot: Vec<PathBuf>,
    /// Fit on all ranks of an MPI program: mpirun -n 4 leastwise fit --mpi data.npy …
    ///
    /// Each rank reads its part of each .npy or .parquet file, in blocks, so the files may be larger than memory. A .csv or another text
    /// file is read into memory: with as many files as ranks or more, each rank reads its own ones; with fewer, each rank
    /// reads all of them, and keeps its part of the rows. Rank 0 prints the progress and the result. JSON has no residuals.
    /// --plot, --profiles, --starts and --tie are not offered.
    #[arg(long)]
    pub mpi: bool,
    /// Write the state of the fit to a file after each step, and go on from this file if there is one
    ///
    /// The number of ranks may change in between. The file stays after the fit, so remove it before another fit.
    #[arg(long, value_name = "FILE", requires = "mpi", conflicts_with = "robust")]
    pub checkpoint: Option<PathBuf>,
    /// Whether the first line of the table holds names: yes, no or auto
    #[arg(long, value_name = "YES|NO", value_parser = yes_or_no, default_value = "auto")]
    pub header: Choice<bool>,
    /// Whether the first column of the table names or numbers the rows: yes, no or auto
    #[arg(long, value_name = "YES|NO", value_parser = yes_or_no, default_value = "auto")]
    pub index_column: Choice<bool>,
    /// What separates the entries of the table: comma, semicolon, tab, pipe, blank or auto
    #[arg(long, value_name = "NAME", value_parser = parsed::<Delimiter>, default_value = "auto")]
    pub delimiter: Choice<Delimiter>,
    /// The decimal mark of the table: point, comma or auto
    #[arg(long, value_name = "NAME", value_parser = parsed::<Decimal>, default_value = "auto")]
    pub decimal: Choice<Decimal>,
}

/// A property of a table: stated, or detected by the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice<T>(pub Option<T>);

fn yes_or_no(value: &str) -> Result<Choice<bool>, String> {
    match value {
        "auto" => Ok(Choice(None)),
        "yes" => Ok(Choice(Some(true))),
        "no" => Ok(Choice(Some(false))),
        _ => Err("must be yes, no or auto".to_owned()),
    }
}

fn parsed<T: std::str::FromStr<Err = String>>(value: &str) -> Result<Choice<T>, String> {
    match value {
        "auto" => Ok(Choice(None)),
        value => value.parse().map(|value| Choice(Some(value))),
    }
}
