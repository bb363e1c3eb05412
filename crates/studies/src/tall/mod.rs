//! `tall`: the time of problems with many rows, and of many small fits.

mod contender;
mod data;
mod picture;
mod record;
mod work;

use std::num::NonZero;
use std::path::PathBuf;
use std::thread;

use leastwise_harness::capacity;
use leastwise_report::Document;

use crate::compare::statistics::FEW_SAMPLES;
use crate::error::bad_input;
use crate::python::Python;
use crate::study::number::Number;
use crate::study::{Crew, Desk, Rows, Study, Timed, turns};
use crate::suite::RoundsArgs;
use contender::{Contender, Ready};
use record::{Plan, Record, Row};
use work::{Kind, Work};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Tall {
    /// Numbers of rows m, comma-separated
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    #[arg(default_value = "100,1000,10000,100000,1000000,10000000")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100_000_000))]
    rows: Vec<u32>,
    /// Numbers of columns or parameters n, comma-separated
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        default_value = "2,5,20,100"
    )]
    #[arg(value_parser = clap::value_parser!(u32).range(2..=1000))]
    columns: Vec<u32>,
    /// Numbers of threads for many small fits, comma-separated
    /// [default: 1, 2, 4, 8 and so on up to the number of processors]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    threads: Vec<u32>,
    /// Longest time of one call. If a contender would take longer for the next size, it is left out
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 10.0,
        allow_negative_numbers = true
    )]
    seconds: f64,
    /// Also time numpy and SciPy, with this interpreter
    #[arg(long, value_name = "PYTHON")]
    python: Option<PathBuf>,
    #[command(flatten)]
    rounds: RoundsArgs,
}

/// Entries of A or J, 400 MB in f64. Each contender has a copy or more.
const MOST_ENTRIES: u64 = 50_000_000;

/// Calls that take longer have few samples.
const SLOW_NS: f64 = 2.5e8;

fn works(rows: &[u32], columns: &[u32], threads: &[u32]) -> Vec<Work> {
    let mut works = Vec::new();
    for kind in [Kind::Lstsq, Kind::Fit] {
        for &columns in columns {
            let fits = |rows: u32| {
                let entries = u64::from(rows) * u64::from(columns);
                rows / 2 >= columns && entries <= MOST_ENTRIES
            };
            let sizes = rows.iter().copied().filter(|&rows| fits(rows));
            works.extend(sizes.map(|size| Work {
                kind,
                columns,
                size,
            }));
        }
    }
    let many = |&size: &u32| Work {
        kind: Kind::Many,
        columns: data::SMALL_PARAMETERS,
        size,
    };
    works.extend(threads.iter().map(many));
    works
}

fn sorted(list: &[u32]) -> Vec<u32> {
    let mut list = list.to_vec();
    list.sort_unstable();
    list.dedup();
    list
}

impl Study for Tall {
    const NAME: &'static str = "tall";
    const MISSED: &'static str = "these results are wrong and were not timed";
    const IS_TIMED: bool = true;
    type Plan = Plan;
    type Row = Row;

    fn plan(&self) -> anyhow::Result<Plan> {
        let seconds = self.seconds;
        if !(seconds > 0.0 && seconds.is_finite()) {
            return Err(bad_input(format!(
                "--seconds must be positive and finite, but it is {seconds}"
            )));
        }
        let threads = if self.threads.is_empty() {
            let all = thread::available_parallelism().map_or(1, NonZero::get);
            (0..=all.ilog2()).map(|power| 1 << power).collect()
        } else {
            sorted(&self.threads)
        };
        let most = threads.last().copied().unwrap_or(1);
        capacity::check_threads(most as usize)?;
        let works = works(&sorted(&self.rows), &sorted(&self.columns), &threads);
        let python = self.python.as_deref();
        let python = python.map(|python| Python::find("--python", python, "scipy"));
        let contenders = Contender::all(python.transpose()?);
        let entries = |work: &Work| f64::from(work.columns + 1) * f64::from(work.size);
        let largest = works.iter().map(entries).fold(0.0, f64::max);
        let bytes = 8.0 * largest * contenders.len() as f64;
        capacity::check_memory("the data of --rows and --columns", bytes)?;
        Ok(Plan {
            contenders,
            works,
            seconds,
            rounds: self.rounds.count()?,
        })
    }

    fn run(plan: &Plan, rows: &mut Rows<Row>) -> anyhow::Result<()> {
        let mut crew = Crew::<Self>::new(plan);
        rows.expect(plan.works.len() as f64);
        for (place, &work) in plan.works.iter().enumerate() {
            rows.take(|| measure(plan, &mut crew, place, work))?;
        }
        Ok(())
    }

    fn fits(plan: &Plan, row: &Row) -> bool {
        let count = plan.contenders.len();
        let mut samples = row.samples_ns.iter().flatten();
        plan.works.contains(&row.work)
            && row.errors.len() == count
            && row.samples_ns.len() == count
            && samples.all(|&sample| sample > 0.0)
    }

    fn document(record: &Record) -> Document {
        picture::document(record)
    }

    fn bars(record: &Record) -> Vec<String> {
        let mut missed = Vec::new();
        for Row { work, errors, .. } in &record.rows {
            for (contender, error) in record.header.plan.contenders.iter().zip(errors) {
                if let Some(Number(error)) = error
                    && !is_right(*error)
                {
                    let (name, Work { columns, size, .. }) = (contender.name(work.kind), work);
                    missed.push(format!(
                        "{name}, {size} by {columns}: the error is {error:.1} of what is allowed"
                    ));
                }
            }
        }
        missed
    }
}

/// NaN is not right.
fn is_right(error: f64) -> bool {
    error <= 1.0
}

/// Each contender has a process.
impl Timed for Tall {
    fn processes(plan: &Plan) -> usize {
        plan.contenders.len()
    }

    fn work(plan: &Plan, process: usize, desk: &mut Desk) -> anyhow::Result<()> {
        let contender = &plan.contenders[process];
        // The last work that was timed, and its seconds.
        let mut last: Option<(Work, f64)> = None;
        while let Some(row) = desk.row()? {
            let work = plan.works[row];
            let seconds = last.map_or(0.0, |(before, seconds)| {
                let is_same = (before.kind, before.columns) == (work.kind, work.columns);
                let times = f64::from(work.size) / f64::from(before.size);
                if is_same { seconds * times } else { 0.0 }
            });
            let is_short = work.kind == Kind::Many || seconds <= plan.seconds;
            if is_short && contender.takes_part(work) {
                last = Some((work, contender.serve(work, desk)?));
            } else {
                desk.serve(&None::<Ready>, |_| anyhow::bail!("it takes no part"))?;
            }
        }
        Ok(())
    }
}

/// Times the contenders that take part and whose results are right.
fn measure(
    plan: &Plan,
    crew: &mut Crew<'_, Tall>,
    place: usize,
    work: Work,
) -> anyhow::Result<Row> {
    let answers = crew.begin::<Option<Ready>>(place)?;
    let mut samples_ns = vec![Vec::new(); answers.len()];
    for process in turns(answers.len(), plan.rounds) {
        let Some(ready) = &answers[process] else {
            continue;
        };
        let samples: &mut Vec<f64> = &mut samples_ns[process];
        let is_slow = ready.ns > SLOW_NS && samples.len() >= FEW_SAMPLES;
        if is_right(ready.error.0) && !is_slow {
            samples.push(crew.sample(process, 0)?);
        }
    }
    let errors = answers.into_iter().map(|ready| Some(ready?.error));
    Ok(Row {
        work,
        errors: errors.collect(),
        samples_ns,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_that_are_not_tall_or_too_large_are_left_out() {
        let works = works(&[100, 1_000_000, 10_000_000], &[5, 100], &[1, 2]);
        let sizes: Vec<_> = works.iter().map(|work| (work.columns, work.size)).collect();
        let of_kind = [(5, 100), (5, 1_000_000), (5, 10_000_000)];
        assert_eq!(sizes, [&of_kind[..], &of_kind, &[(4, 1), (4, 2)]].concat());
    }
}
