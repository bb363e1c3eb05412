//! The checked flags: what is compared, and how often.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use leastwise_core::Method;

use crate::args::ComparisonArgs;
use crate::capacity;
use crate::cases::{self, Depth, Input};
use crate::error::{Context, Result, bad_input};
use crate::files::{self, SolutionFile};
use crate::model::{Case, Fault, Problem, ScalarType, TableFlags};
use crate::record::Options;
use crate::registry::Registry;

#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) depth: Depth,
    pub(crate) cases: Vec<Case>,
    /// The user's own system.
    own: Option<Own>,
    pub(crate) backends: Vec<&'static str>,
    /// Those of `backends` that are contenders.
    pub(crate) contenders: Vec<&'static str>,
    pub(crate) methods: Vec<Method>,
    pub(crate) scalars: Vec<ScalarType>,
    pub(crate) threads: usize,
    pub(crate) seed: u64,
    pub(crate) budget: Duration,
    /// The number of processes that measure each cell, one after the other. Zero means that answers are only
    /// checked.
    pub(crate) processes: usize,
    /// The number of samples that each process takes. It takes fewer if they would take longer than
    /// `seconds_a_case`.
    pub(crate) rounds: usize,
    pub(crate) seconds_a_case: f64,
    pub(crate) faults: Vec<Fault>,
    /// The folder of the results.
    pub(crate) out: PathBuf,
    /// The file for the solution of the user's own system.
    pub(crate) solution: Option<SolutionFile>,
}

/// What is stored about a user's own system.
#[derive(Clone, Debug)]
struct Own {
    fingerprint: u64,
    /// The lines that describe how A and B were read.
    read: Vec<String>,
}

impl Plan {
    /// # Errors
    /// [`Error::BadInput`](crate::Error::BadInput) for flags that cannot be carried out.
    pub(crate) fn new(args: &ComparisonArgs, registry: &Registry) -> Result<Self> {
        if !args.check && cfg!(debug_assertions) && !args.unoptimised {
            let message = "times of an unoptimised build are meaningless; build with --release, as `cargo \
                           xtask compare` does, or use --check";
            return Err(bad_input(message));
        }
        if args.budget == 0 {
            return Err(bad_input("--budget: must be at least 1, but it is 0"));
        }
        capacity::check_threads(args.threads)?;
        let depth = match (args.quick, args.full) {
            (true, _) => Depth::Quick,
            (_, true) => Depth::Full,
            _ => Depth::Default,
        };
        let is_own = args.a.is_some();
        let scalars = match args.scalar.as_deref() {
            Some(list) => list,
            None if depth == Depth::Quick || is_own => "f64",
            None => "f64,f32",
        };
        let (processes, rounds, seconds_a_case) = match (args.check, depth) {
            (true, _) => (0, 0, 0.0),
            (_, Depth::Quick) => (3, 3, 1.0),
            (_, Depth::Default) => (5, 4, 2.5),
            (_, Depth::Full) => (10, 6, 60.0),
        };
        let inputs = [("--a", &args.a), ("--b", &args.b)];
        let inputs = inputs.map(|(flag, path)| Some((flag, path.as_deref()?)));
        let inputs: Vec<(&str, &Path)> = inputs.into_iter().flatten().collect();
        let solution = args.solution.as_deref();
        let solution = solution.map(|path| SolutionFile::new(path, &inputs));
        let solution = solution.transpose()?;
        let backends = match &args.backend {
            None => registry.names(),
            Some(list) => parse_list("--backend", list, |name| registry.name(name))?,
        };
        let contenders = match &args.contenders {
            None => Vec::new(),
            Some(list) => registry.chosen_contenders(list)?,
        };
        let scalars = parse_list("--scalar", scalars, ScalarType::from_str)?;
        let (cases, own) = chosen_cases(args, depth, scalars.len())?;
        Ok(Self {
            depth,
            cases,
            own,
            backends: [backends, contenders.clone()].concat(),
            contenders,
            methods: match &args.method {
                None => Method::ALL.to_vec(),
                Some(list) => parse_list("--method", list, Method::from_str)?,
            },
            scalars,
            threads: args.threads,
            seed: args.seed,
            budget: Duration::from_secs(args.budget),
            processes,
            rounds,
            seconds_a_case,
            faults: args.plant.clone(),
            out: out(args),
            solution,
        })
    }

    pub(crate) fn is_timed(&self) -> bool {
        self.processes > 0
    }

    /// Whether controls take part. Direct calls run on one thread.
    pub(crate) fn has_controls(&self) -> bool {
        self.is_timed() && self.threads == 1
    }

    /// The number of rounds in each process if one round takes this long. It is at least one, and at most the
    /// number that keeps the samples of the case within their time.
    pub(crate) fn rounds_for(&self, seconds_a_round: f64) -> usize {
        let longest = self.seconds_a_case / self.processes as f64;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at most self.rounds, at least 1"
        )]
        let fitting = (longest / seconds_a_round).clamp(1.0, self.rounds as f64) as usize;
        fitting
    }

    /// The part of the plan that is stored. A run can be continued only with the same options.
    pub(crate) fn options(&self) -> Options {
        let depth = match (self.is_timed(), self.depth) {
            (false, _) => "check",
            (_, Depth::Quick) => "quick",
            (_, Depth::Default) => "default",
            (_, Depth::Full) => "full",
        };
        let own = self.own.as_ref();
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        Options {
            depth: depth.to_owned(),
            seed: self.seed,
            threads: self.threads,
            backends: owned(&self.backends),
            contenders: owned(&self.contenders),
            methods: self.methods.iter().map(Method::to_string).collect(),
            scalars: self.scalars.iter().map(|s| s.name().to_owned()).collect(),
            cases: self.cases.iter().map(|case| case.name.clone()).collect(),
            input: own.map(|own| format!("{:016x}", own.fingerprint)),
            read: own.map(|own| own.read.clone()).unwrap_or_default(),
            processes: self.processes,
            rounds: self.rounds,
            planted: self.faults.iter().map(|f| f.text().to_owned()).collect(),
        }
    }
}

/// The default folder. Runs of different kinds have different folders, so that they do not overwrite each
/// other.
fn out(args: &ComparisonArgs) -> PathBuf {
    match (&args.out, &args.a) {
        (Some(out), _) => out.clone(),
        (None, Some(a)) => {
            // A file that can be read has a name.
            Path::new("target/compare-own").join(a.file_name().unwrap_or_default())
        }
        (None, None) if args.quick => PathBuf::from("target/compare-quick"),
        (None, None) => PathBuf::from("target/compare"),
    }
}

/// The cases, and the user's own system.
fn chosen_cases(
    args: &ComparisonArgs,
    depth: Depth,
    scalars: usize,
) -> Result<(Vec<Case>, Option<Own>)> {
    if let Some(a) = &args.a {
        // A product is measured as well, to estimate the peak of the machine.
        let peak = if args.check {
            Vec::new()
        } else {
            all_named(depth, PEAK_CASE)
        };
        let (case, own) = own_case(a, args.b.as_ref(), &args.tables, scalars)?;
        return Ok(([vec![case], peak].concat(), Some(own)));
    }
    let all = cases::all(depth);
    let Some(wanted) = &args.case else {
        return Ok((all, None));
    };
    let wanted: Vec<&str> = wanted.split(',').map(str::trim).collect();
    if let Some(unknown) = wanted
        .iter()
        .find(|name| name.is_empty() || !all.iter().any(|case| case.name.starts_with(*name)))
    {
        let names: Vec<&str> = all.iter().map(|case| case.name.as_str()).collect();
        return Err(bad_input(format!(
            "--case: no case begins with {unknown:?}; the cases are {}",
            names.join(", ")
        )));
    }
    let chosen = |case: &Case| wanted.iter().any(|name| case.name.starts_with(name));
    Ok((all.into_iter().filter(chosen).collect(), None))
}

/// A product that is large enough to reach the peak, and that is part of every depth.
const PEAK_CASE: &str = "product-256";

fn all_named(depth: Depth, name: &str) -> Vec<Case> {
    let mut cases = cases::all(depth);
    cases.retain(|case| case.name == name);
    cases
}

/// The bytes that this process needs to judge an m×n system with these right-hand sides, per scalar type.
///
/// Let k = min(m, n). A certificate holds A as it was read, A scaled, U and its predecessor, A·V, and what
/// the SVD of a library works on. These are 7 matrices m×n. It also holds 8 matrices k×k: V, its predecessor,
/// and six products. Probes are vectors of two terms, five at a time. The largest resident size was 6.9 times
/// A at 100000×50, 14.2 times A at 2000×2000, and 20 times A at 1000000×2. Extended precision takes about 9
/// times A beside the A and U of the certificate.
fn own_bytes(rows: usize, cols: usize, sides: usize) -> f64 {
    let (m, n, sides) = (rows as f64, cols as f64, sides as f64);
    let k = m.min(n);
    let certificate = 7.0 * m * n + 8.0 * k * k;
    let long_way = LEAST_COPIES as f64 * m * n + k * k;
    8.0 * (certificate.max(long_way) + (m + n) * (32.0 + 8.0 * sides))
}

/// Copies of A that every shape needs; see [`own_bytes`].
const LEAST_COPIES: u64 = 11;

/// The user's system. It is read once here, so that a bad file is found before any work.
fn own_case(
    a: &PathBuf,
    b: Option<&PathBuf>,
    tables: &TableFlags,
    scalars: usize,
) -> Result<(Case, Own)> {
    // A system that is too large to be judged is not read.
    let fitting = capacity::free_memory().map_or(usize::MAX, |free| {
        usize::try_from(free / (8 * LEAST_COPIES)).unwrap_or(usize::MAX)
    });
    let most = fitting.min(leastwise_files::Options::default().max_entries);
    let system = files::read_system_of(most, a, b.map(PathBuf::as_path), tables)?;
    let (rows, cols) = (system.a.rows(), system.a.cols());
    let what = format!("the copies of --a, which is {rows}x{cols}, in extended precision");
    capacity::check_memory(
        &what,
        scalars as f64 * own_bytes(rows, cols, system.b.cols()),
    )?;
    let own = Own {
        read: system.read,
        fingerprint: Input::System {
            a: system.a,
            b: system.b,
        }
        .fingerprint(),
    };
    let absolute = |path: &PathBuf| {
        std::path::absolute(path).context(format!("cannot find {}", path.display()))
    };
    let name = a.file_name().map_or_else(
        || a.display().to_string(),
        |name| name.to_string_lossy().into_owned(),
    );
    let case = Case {
        name,
        problem: Problem::File {
            a: absolute(a)?,
            b: b.map(absolute).transpose()?,
            tables: tables.clone(),
        },
        size: None,
    };
    Ok((case, own))
}

fn parse_list<V: PartialEq, E: std::fmt::Display>(
    flag: &str,
    list: &str,
    parse: impl Fn(&str) -> Result<V, E>,
) -> Result<Vec<V>> {
    let mut values = Vec::new();
    for item in list.split(',') {
        let value = parse(item.trim()).map_err(|error| bad_input(format!("{flag}: {error}")))?;
        if !values.contains(&value) {
            values.push(value);
        }
    }
    Ok(values)
}
