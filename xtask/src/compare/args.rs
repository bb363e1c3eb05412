//! The flags, and their check.

use std::path::PathBuf;
use std::str::FromStr;

use leastwise_core::Method;

use crate::error::bad_input;
use crate::scalar_type::ScalarType;

/// Compare the backends: every answer is checked before it is timed
///
/// The answers are held against the minimum-norm solution in extended precision. What is wrong is
/// rejected with a reason and has no time; then the exit code is 1.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct CompareArgs {
    /// Fewer sizes and repetitions: seconds instead of half a minute
    #[arg(long)]
    pub(crate) quick: bool,
    /// Check the answers and time nothing
    #[arg(long)]
    pub(crate) check: bool,
    /// Backends to compare, comma-separated [default: all]
    #[arg(long)]
    pub(crate) backend: Option<String>,
    /// Least-squares methods to compare, comma-separated [default: all]
    #[arg(long)]
    pub(crate) method: Option<String>,
    /// Scalar types to compare, comma-separated
    #[arg(long, default_value = "f64,f32")]
    pub(crate) scalar: String,
    /// Seed of every random draw
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    /// Also write the results to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
}

/// The flags, checked.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) depth: Depth,
    pub(super) backends: Vec<&'static str>,
    pub(super) methods: Vec<Method>,
    pub(super) scalars: Vec<ScalarType>,
    pub(super) seed: u64,
    pub(super) json: Option<PathBuf>,
}

/// How much is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Depth {
    CheckOnly,
    Quick,
    Default,
}

impl Depth {
    /// Samples of every cell; they are taken in rounds over all cells, so that drift of the
    /// machine's speed hits all alike.
    pub(super) fn rounds(self) -> usize {
        match self {
            Self::CheckOnly => 0,
            Self::Quick => 5,
            Self::Default => 15,
        }
    }

    pub(super) fn product_sizes(self) -> &'static [usize] {
        match self {
            Self::CheckOnly | Self::Quick => &[8, 32, 128],
            Self::Default => &[8, 32, 128, 512],
        }
    }
}

impl CompareArgs {
    pub(super) fn plan(&self) -> anyhow::Result<Plan> {
        let depth = match (self.check, self.quick) {
            (true, _) => Depth::CheckOnly,
            (false, true) => Depth::Quick,
            (false, false) => Depth::Default,
        };
        if depth != Depth::CheckOnly && cfg!(debug_assertions) {
            let message = "an unoptimised build measures nothing of interest; use `cargo xtask \
                           compare`, which builds with optimisation, or --check";
            return Err(bad_input(message));
        }
        let backends = match &self.backend {
            None => leastwise_backends::names(),
            Some(list) => parse_list("--backend", list, |name| {
                leastwise_backends::find::<f64>(name, 1).map(|backend| backend.info().name)
            })?,
        };
        let methods = match &self.method {
            None => Method::ALL.to_vec(),
            Some(list) => parse_list("--method", list, Method::from_str)?,
        };
        Ok(Plan {
            depth,
            backends,
            methods,
            scalars: parse_list("--scalar", &self.scalar, ScalarType::from_str)?,
            seed: self.seed,
            json: self.json.clone(),
        })
    }
}

fn parse_list<V: PartialEq, E: std::fmt::Display>(
    flag: &str,
    list: &str,
    parse: impl Fn(&str) -> Result<V, E>,
) -> anyhow::Result<Vec<V>> {
    let mut values = Vec::new();
    for item in list.split(',') {
        let value = parse(item.trim()).map_err(|error| bad_input(format!("{flag}: {error}")))?;
        if !values.contains(&value) {
            values.push(value);
        }
    }
    Ok(values)
}
