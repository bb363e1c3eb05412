//! Checkpoints: what a run needs to go on after the program has ended.

use std::fs::{self, File};
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use leastwise_core::{Error, Result};
use leastwise_optim::ranks::Ranks;
use leastwise_optim::{Fit, Fitted, LeastSquaresProblem, Observer, Parameters, Record, Resume};

/// The state of a run, as a text file.
///
/// ```
/// use leastwise_mpi::Checkpoint;
/// use leastwise_optim::Resume;
///
/// let folder = std::env::temp_dir().join(format!("leastwise-checkpoint-{}", std::process::id()));
/// std::fs::create_dir_all(&folder).expect("a folder");
/// let path = folder.join("run.checkpoint");
/// let checkpoint = Checkpoint(Resume { parameters: vec![0.1, -3e-200], radius: 2.5, steps: 40 });
/// checkpoint.write(&path)?;
/// assert_eq!(Checkpoint::read(&path)?, Some(checkpoint));
/// std::fs::remove_dir_all(&folder).expect("the folder is removed");
/// assert_eq!(Checkpoint::read(&path)?, None);
/// # Ok::<(), leastwise_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint(pub Resume<f64>);

const TITLE: &str = "leastwise checkpoint 1";

impl Checkpoint {
    /// The checkpoint in the file at `path`; `None` if there is no file.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] with the path for a file that cannot be read or is no checkpoint.
    pub fn read(path: impl AsRef<Path>) -> Result<Option<Self>> {
        let path = path.as_ref();
        match fs::read_to_string(path) {
            Ok(text) => match Self::parse(&text) {
                Some(checkpoint) => Ok(Some(checkpoint)),
                None => Err(refused(path, "is not a checkpoint of this version")),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(refused(path, &format!("cannot be read: {error}"))),
        }
    }

    /// Replaces the file at `path` as a whole: a program that is killed leaves this checkpoint or the one before. The new
    /// file is written beside it, as `path` with `.new` at its end, and reaches the disk before it takes its place.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] with the path if it cannot be written. The checkpoint before stays.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let mut name = path.as_os_str().to_owned();
        name.push(".new");
        let beside = PathBuf::from(name);
        let outcome = self.replace(path, &beside);
        outcome.map_err(|error| {
            // A part of a file helps no one, and takes space where there may be none.
            let _ = fs::remove_file(&beside);
            refused(path, &format!("cannot be written: {error}"))
        })
    }

    fn replace(&self, path: &Path, beside: &Path) -> io::Result<()> {
        let mut file = File::create(beside)?;
        file.write_all(self.text().as_bytes())?;
        file.sync_all()?;
        drop(file);
        fs::rename(beside, path)?;
        // The new name reaches the disk too.
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }

    fn text(&self) -> String {
        let Resume {
            parameters,
            radius,
            steps,
        } = &self.0;
        // The shortest digits that give the same number again.
        let numbers: Vec<String> = parameters.iter().map(|p| format!("{p:e}")).collect();
        format!(
            "{TITLE}\nsteps {steps}\nradius {radius:e}\nparameters {}\nend\n",
            numbers.join(" ")
        )
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        if lines.next()? != TITLE {
            return None;
        }
        let steps = lines.next()?.strip_prefix("steps ")?.parse().ok()?;
        let radius = lines.next()?.strip_prefix("radius ")?.parse().ok()?;
        let numbers = lines.next()?.strip_prefix("parameters ")?;
        let parameters: Option<Vec<f64>> = numbers
            .split(' ')
            .map(|number| number.parse().ok().filter(|p: &f64| p.is_finite()))
            .collect();
        let is_whole = lines.next()? == "end" && lines.next().is_none();
        is_whole.then_some(Self(Resume {
            parameters: parameters?,
            radius,
            steps,
        }))
    }
}

fn refused(path: &Path, reason: &str) -> Error {
    Error::InvalidArgument {
        operation: "Checkpoint",
        argument: "path",
        detail: format!("{} {reason}", path.display()),
    }
}

/// Fits with checkpoints, which rank 0 reads and writes.
///
/// ```no_run
/// use leastwise_core::{Error, Result};
/// use leastwise_faer::Faer;
/// use leastwise_mpi::{Checkpoints, NpyRows, TableCurve, share};
/// use leastwise_optim::ranks::Ranks;
/// use leastwise_optim::{FiniteDifferences, Fit, Fitted};
///
/// fn decay(ranks: &Ranks) -> Result<Fitted<f64>> {
///     let table = NpyRows::open("decay.npy");
///     let table = table.and_then(|table| {
///         let own = share(leastwise_mpi::Table::rows(&table), ranks);
///         table.with_rows(own)
///     });
///     let table = ranks.agree(table)?;
///     let curve = TableCurve::new(&table, 1, 2, |row, p| p[0] * (-p[1] * row[0]).exp())?;
///     let backend = Faer::default();
///     let checkpoints = Checkpoints::new("decay.checkpoint", 10);
///     checkpoints.run(ranks, Fit::new(&backend), &FiniteDifferences::central(curve), &[1.0, 1.0], &mut [])
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Checkpoints {
    path: PathBuf,
    every: usize,
}

/// Writes a checkpoint after every few steps.
struct Writer<'a> {
    checkpoints: &'a Checkpoints,
    /// The steps of earlier runs.
    before: usize,
    failed: Option<Error>,
}

impl Observer<f64> for Writer<'_> {
    fn observe(&mut self, record: &Record<'_, f64>) -> ControlFlow<()> {
        let is_due = record.step > 0 && record.step.is_multiple_of(self.checkpoints.every);
        let is_finite = record.parameters.iter().all(|p| p.is_finite());
        if !(is_due && is_finite) {
            return ControlFlow::Continue(());
        }
        let checkpoint = Checkpoint(Resume {
            parameters: record.parameters.to_vec(),
            radius: record.radius,
            steps: self.before + record.step,
        });
        match checkpoint.write(&self.checkpoints.path) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                self.failed = Some(error);
                ControlFlow::Break(())
            }
        }
    }
}

impl Checkpoints {
    /// A checkpoint in the file at `path` after every `every` steps; 0 counts as 1.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, every: usize) -> Self {
        Self {
            path: path.into(),
            every: every.max(1),
        }
    }

    /// Runs `fit` across ranks from the checkpoint, or from `start` if there is none. The number of ranks need not be that of
    /// the run that wrote the checkpoint. A run that ends leaves its last checkpoint, so remove the file before another fit.
    ///
    /// # Errors
    /// As [`RankedFit::run`](leastwise_optim::RankedFit::run). Also if the checkpoint cannot be read or written, or has other
    /// parameters. All ranks return the same error.
    pub fn run<P>(
        &self,
        ranks: &Ranks,
        fit: Fit<'_, f64>,
        problem: &P,
        start: impl Into<Parameters<f64>>,
        observers: &mut [&mut dyn Observer<f64>],
    ) -> Result<Fitted<f64>>
    where
        P: LeastSquaresProblem<f64> + ?Sized,
    {
        let resume = self.read(ranks)?;
        let before = resume.as_ref().map_or(0, |resume| resume.steps);
        let fit = match resume {
            Some(resume) => fit.with_resume(resume),
            None => fit,
        };
        let mut writer = Writer {
            checkpoints: self,
            before,
            failed: None,
        };
        let mut all: Vec<&mut dyn Observer<f64>> = Vec::new();
        for observer in observers {
            all.push(&mut **observer);
        }
        if ranks.is_first() {
            all.push(&mut writer);
        }
        let fitted = fit.across(ranks).run_observed(problem, start, &mut all)?;
        ranks.agree(writer.failed.map_or(Ok(()), Err))?;
        Ok(fitted)
    }

    /// What rank 0 has read.
    fn read(&self, ranks: &Ranks) -> Result<Option<Resume<f64>>> {
        let own = if ranks.is_first() {
            let checkpoint = Checkpoint::read(&self.path);
            checkpoint.map(|found| found.map(|Checkpoint(of)| (of.parameters, of.radius, of.steps)))
        } else {
            Ok(None)
        };
        let shared = ranks.merge(own, |first, _| Ok(first))?;
        Ok(shared.map(|(parameters, radius, steps)| Resume {
            parameters,
            radius,
            steps,
        }))
    }
}
