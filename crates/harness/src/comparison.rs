//! The entry point: a comparison of backends, in the main process and in its workers.

use std::collections::HashSet;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use leastwise_core::Backend;

use crate::args::ComparisonArgs;
use crate::contenders;
use crate::error::{Result, failed};
use crate::finished::{Finished, WrittenSolution};
use crate::judge::{self, Known};
use crate::library::Library;
use crate::machine::{Build, Machine};
use crate::measure::Group;
use crate::model::{Case, ScalarType};
use crate::plan::Plan;
use crate::record::{CellRecord, EngineRecord, Kind, Results, RunRecord, SCHEMA};
use crate::registry::Registry;
use crate::store::Store;
use crate::workers::{self, Crew, WorkerArgs};
use crate::{progress, solution, terminal};

/// Verifies backends and measures those that are right. They are the backends of Leastwise, and those that
/// [`backend`](Self::backend) adds.
///
/// The workers run this program again, so `main` must build the same comparison in both.
pub struct Comparison {
    registry: Registry,
    command: String,
}

/// Compare backends: every answer is checked before it is timed
#[derive(Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    args: ComparisonArgs,
}

#[derive(Subcommand)]
enum Command {
    /// Compute for one backend; the comparison starts this process itself
    #[command(hide = true)]
    Worker(WorkerArgs),
}

impl Default for Comparison {
    fn default() -> Self {
        Self::new()
    }
}

impl Comparison {
    /// A comparison of the backends of Leastwise.
    #[must_use]
    pub fn new() -> Self {
        Self {
            registry: Registry::default(),
            command: program(),
        }
    }

    /// Adds a backend. Its name is the one that [`Engine::info`](leastwise_core::Engine::info) returns.
    ///
    /// `make` is called in the workers, with the number of threads that the library may use.
    #[must_use]
    pub fn backend<B>(mut self, make: impl Fn(usize) -> B + Clone + 'static) -> Self
    where
        B: Backend<f32> + Backend<f64> + 'static,
    {
        self.registry.add(make);
        self
    }

    /// Adds a library as a contender: its own calls, and its backend if it has one. A contender takes part only if
    /// `--contenders` names it. Its wrong answers are reported, but do not make the command fail.
    #[must_use]
    pub fn library(mut self, library: Library) -> Self {
        self.registry.add_library(library);
        self
    }

    /// Sets the command that is stored in the records, such as `cargo xtask`. The default is the name of the
    /// program's file.
    #[must_use]
    pub fn called(mut self, command: &str) -> Self {
        command.clone_into(&mut self.command);
        self
    }

    /// Carries out the command line, and prints the fastest method of each backend.
    ///
    /// The exit code is 0 on success, 1 if an answer is wrong or a step failed, and 2 for invalid input.
    #[must_use]
    pub fn run(self) -> ExitCode {
        self.run_with(|finished| terminal::print(&finished.summary()))
    }

    /// Like [`run`](Self::run), but `report` makes the report.
    #[must_use]
    pub fn run_with(self, report: impl FnOnce(&Finished) -> Result<()>) -> ExitCode {
        let parsed = CommandLine::command()
            .bin_name(self.command.clone())
            .try_get_matches()
            .and_then(|matches| CommandLine::from_arg_matches(&matches));
        match parsed {
            Err(error) => terminal::refuse_or_help(&error),
            Ok(line) => terminal::exit_code(match line.command {
                Some(Command::Worker(args)) => self.work(&args),
                None => self.measure(&line.args).and_then(|finished| {
                    report(&finished)?;
                    finished.outcome()
                }),
            }),
        }
    }

    /// Answers the requests of the process that started this one, until that process ends.
    ///
    /// # Errors
    /// An unknown backend, or an error of the pipes.
    pub fn work(&self, args: &WorkerArgs) -> Result<()> {
        workers::run(args, &self.registry)
    }

    /// Checks that [`measure`](Self::measure) can carry out these flags.
    ///
    /// # Errors
    /// [`Error::BadInput`](crate::Error::BadInput) with the reason if it cannot.
    pub fn check(&self, args: &ComparisonArgs) -> Result<()> {
        self.registry.check()?;
        Plan::new(args, &self.registry).map(drop)
    }

    /// Verifies, measures and stores. A wrong answer is not an error here: [`Finished::outcome`] lists the
    /// wrong answers.
    ///
    /// # Errors
    /// [`Error::BadInput`](crate::Error::BadInput) for flags that cannot be carried out. It is returned
    /// before any work.
    pub fn measure(&self, args: &ComparisonArgs) -> Result<Finished> {
        self.registry.check()?;
        let plan = Plan::new(args, &self.registry)?;
        let crew = Crew {
            threads: plan.threads,
            budget: plan.budget,
            faults: plan.faults.clone(),
            contenders: plan.contenders.clone(),
        };
        let mut results = Results {
            run: run_record(&plan, &crew, command_line(&self.command))?,
            cells: Vec::new(),
        };
        let mut store = None;
        if args.resume {
            let (file, cells) = Store::resume(&plan.out, &results.run)?;
            (store, results.cells) = (Some(file), cells);
        } else if plan.is_timed() {
            store = Some(Store::create(&plan.out, &results.run)?);
        }
        let pending = pending(&plan, &results.cells);
        let known = judge::solve(&pending, plan.seed, plan.budget)?;
        let groups = groups(&plan, &pending, &known, &results.run.engines);
        measure(&plan, &crew, &groups, &mut results, store.as_mut())?;
        let solution = plan.solution.as_ref().map(|file| {
            let solution = solution::solve(&results, &groups, &crew, &plan)?;
            file.write(&solution.x)?;
            Ok(WrittenSolution {
                label: solution.label,
                rows: solution.x.rows(),
                cols: solution.x.cols(),
                path: file.path().to_owned(),
            })
        });
        let seconds = known.iter().map(Known::seconds);
        let (truth, verdicts) = seconds.fold((0.0, 0.0), |sum, of| (sum.0 + of.0, sum.1 + of.1));
        Ok(Finished {
            results,
            stored: store.map(|store| store.path().to_owned()),
            truth_seconds: truth,
            verdict_seconds: verdicts,
            solution,
        })
    }
}

/// Runs the groups one after the other, with a progress bar.
fn measure(
    plan: &Plan,
    crew: &Crew,
    groups: &[Group<'_>],
    results: &mut Results,
    mut store: Option<&mut Store>,
) -> Result<()> {
    let progress = progress::bar();
    let weights: Vec<f64> = groups.iter().map(weight).collect();
    let total: f64 = weights.iter().sum();
    let mut done = 0.0;
    for (group, weight) in groups.iter().zip(weights) {
        progress.set_message(format!("{} {}", group.case.name, group.scalar.name()));
        let mut share = 0.0;
        let cells = group.run(crew, plan, &results.run.engines, |more| {
            share += more;
            progress::set(&progress, (done + share * weight) / total);
        });
        done += weight;
        progress::set(&progress, done / total);
        if let Some(store) = &mut store {
            store.append(&cells)?;
        }
        results.cells.extend(cells);
    }
    progress.finish_and_clear();
    Ok(())
}

fn run_record(plan: &Plan, crew: &Crew, command: String) -> Result<RunRecord> {
    let introduce = |name: &&str| {
        let introduced = crew.introduce(name);
        introduced.map_err(|lost| failed(format!("cannot run {name}: {lost}")))
    };
    let engines: Vec<EngineRecord> = plan.backends.iter().map(introduce).collect::<Result<_>>()?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    Ok(RunRecord {
        schema: SCHEMA,
        kind: Kind::Run,
        started: now.map_or(0, |since| since.as_secs()),
        command,
        options: plan.options(),
        machine: Machine::read(),
        build: Build::read(),
        engines,
    })
}

/// The arguments of this process after the name of the program, as a user would type them.
#[must_use]
pub fn command_line(program: &str) -> String {
    let words = std::iter::once(program.to_owned()).chain(std::env::args().skip(1));
    words.collect::<Vec<_>>().join(" ")
}

/// The name of this program's file.
fn program() -> String {
    let path = std::env::current_exe().unwrap_or_default();
    let name = path.file_stem().unwrap_or_default();
    name.to_string_lossy().into_owned()
}
/// The cases whose cells are not stored yet.
fn pending<'p>(plan: &'p Plan, stored: &[CellRecord]) -> Vec<(&'p Case, ScalarType)> {
    let have: HashSet<(&str, &str)> = stored
        .iter()
        .map(|cell| (cell.case.as_str(), cell.scalar.as_str()))
        .collect();
    let mut pending = Vec::new();
    for &scalar in &plan.scalars {
        for case in &plan.cases {
            let suits = match scalar {
                ScalarType::F32 => case.suits::<f32>(),
                ScalarType::F64 => case.suits::<f64>(),
            };
            if suits && !have.contains(&(case.name.as_str(), scalar.name())) {
                pending.push((case, scalar));
            }
        }
    }
    pending
}

fn groups<'a>(
    plan: &Plan,
    pending: &[(&'a Case, ScalarType)],
    known: &'a [Known],
    engines: &[EngineRecord],
) -> Vec<Group<'a>> {
    let with_known = pending.iter().zip(known);
    with_known
        .map(|(&(case, scalar), known)| Group {
            case,
            scalar,
            known,
            contenders: contenders::all(plan, case, known, engines),
        })
        .collect()
}

/// A rough estimate of the work of a group, in arbitrary units, for the remaining time.
fn weight(group: &Group<'_>) -> f64 {
    // A sample takes 1.5 ms and its set-up. A slow library takes about a nanosecond per operation.
    let sample = match group.known.flops {
        Some(flops) => (flops * 1e-9).max(2e-3),
        None => 0.02,
    };
    sample * group.contenders.len() as f64
}
