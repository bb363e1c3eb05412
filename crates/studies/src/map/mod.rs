//! `map`: where each library is accurate, is wrong, or refuses, by its own calls and through adapters.
//!
//! An outcome is accurate, inaccurate, not the shortest solution, NaN, panic, or refused. Each library runs in a process
//! of its own, so a library that crashes or hangs is an outcome, too.

mod kinds;
mod model;
mod outcome;
mod problems;
mod rates;
mod render;
mod side;
mod summary;
mod table;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::str::FromStr;

use leastwise_backends::AdapterScalar;
use leastwise_conformance::Widen;
use leastwise_core::Method;
use leastwise_harness::library::{Called, Library};
use leastwise_harness::model::ScalarType;
use leastwise_harness::peers;
use leastwise_report::Document;
use leastwise_testset::standard_normal;

use crate::error::bad_input;
use crate::libraries::{self, Hand, PACKAGES, Package, System, Way};
use crate::python::Python;
use crate::study::{Rows, Study};
use model::{Call, Panel, Plan, Record, Row, STEP, Speed};
use outcome::Outcome;
use problems::{Problem, QUESTIONS, Question};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Map {
    /// Contenders to map as well: libraries that are no backends, comma-separated [default without a name: all]
    #[arg(long, value_name = "NAMES", num_args = 0..=1, default_missing_value = "all")]
    contenders: Option<String>,
    /// The number of random small matrices of integers, for the rate of wrong answers
    #[arg(long, default_value_t = 20_000)]
    draws: u64,
    /// Map numpy and SciPy as well, with this interpreter
    #[arg(long, value_name = "PYTHON")]
    python: Option<PathBuf>,
}

/// The systems that are timed: of each shape of the panels, and a small one. 10000 rows take the place of 1000, because
/// the time of a small system is mainly that of allocations.
const TIMED: [(ScalarType, (usize, usize)); 9] = [
    (ScalarType::F64, (10_000, 8)),
    (ScalarType::F64, (200, 60)),
    (ScalarType::F64, (60, 60)),
    (ScalarType::F64, (24, 60)),
    (ScalarType::F64, (30, 10)),
    (ScalarType::F64, (8, 8)),
    (ScalarType::F32, (10_000, 8)),
    (ScalarType::F32, (200, 60)),
    (ScalarType::F32, (60, 60)),
];

/// After this many lost processes in a panel, a call is not tried any more in it.
const LOST: usize = 1;

/// Every problem is solved by every call and every method.
impl Study for Map {
    const NAME: &'static str = "map";
    const IS_TIMED: bool = true;
    type Plan = Plan;
    type Row = Row;

    fn plan(&self) -> anyhow::Result<Plan> {
        if self.draws == 0 {
            return Err(bad_input("--draws: must be at least 1, but it is 0"));
        }
        let mut libraries = peers::libraries();
        let registered = libraries.len();
        if let Some(list) = &self.contenders {
            libraries.extend(libraries::contenders(list)?);
        }
        let mut plan = plan(&libraries, registered, self.draws);
        if let Some(path) = &self.python {
            for package in &PACKAGES {
                let python = Python::find("--python", path, package.name)?;
                add_package(&mut plan, package, &python);
            }
        }
        Ok(plan)
    }

    fn run(plan: &Plan, rows: &mut Rows<Row>) -> anyhow::Result<()> {
        let steps = plan.draws.div_ceil(STEP);
        rows.expect((2 * QUESTIONS.len() + TIMED.len()) as f64 + steps as f64);
        let mut hands = hands(plan);
        for question in QUESTIONS {
            rows.take(|| panel::<f64>(plan, &mut hands, ScalarType::F64, question))?;
            rows.take(|| panel::<f32>(plan, &mut hands, ScalarType::F32, question))?;
        }
        for (scalar, shape) in TIMED {
            rows.take(|| {
                Ok(match scalar {
                    ScalarType::F64 => speed::<f64>(plan, &mut hands, scalar, shape),
                    ScalarType::F32 => speed::<f32>(plan, &mut hands, scalar, shape),
                })
            })?;
        }
        let mut slow = BTreeSet::new();
        for step in 0..steps {
            let from = step * STEP;
            rows.take(|| Ok(Row::Rates(rates::take(plan, &mut hands, &mut slow, from)?)))?;
        }
        Ok(())
    }

    fn fits(plan: &Plan, row: &Row) -> bool {
        let calls = plan.calls.len();
        let is_named = |call: &Call| call.library < plan.libraries.len();
        let is_whole = match row {
            Row::Panel(panel) => {
                let is_whole = |row: &Vec<Outcome>| row.len() == panel.columns.len();
                panel.outcomes.len() == calls && panel.outcomes.iter().all(is_whole)
            }
            Row::Speed(speed) => speed.nanoseconds.len() == calls,
            Row::Rates(rates) => rates.counts.len() == calls,
        };
        is_whole && plan.calls.iter().all(is_named)
    }

    fn parts(_plan: &Plan) -> Vec<String> {
        side::PARTS[..2]
            .iter()
            .map(|&part| part.to_owned())
            .collect()
    }

    fn document(record: &Record) -> Document {
        summary::document(record)
    }
}

/// For each library and method, the library's own calls and then the adapter.
fn plan(libraries: &[Library], registered: usize, draws: u64) -> Plan {
    let mut calls = Vec::new();
    for (number, library) in libraries.iter().enumerate() {
        let own = f64::calls(library).iter().enumerate();
        let backend = f64::backend(library).map(|backend| backend.info());
        for method in Method::ALL {
            let of_method = own.clone().filter(|(_, call)| call.method == method);
            calls.extend(of_method.map(|(place, call)| Call {
                label: call.name.to_owned(),
                library: number,
                ours: false,
                method: method.name().to_owned(),
                way: Way::Call(place),
            }));
            if backend.as_ref().is_some_and(|info| info.has(method)) {
                calls.push(Call {
                    label: format!("leastwise {method}"),
                    library: number,
                    ours: true,
                    method: method.name().to_owned(),
                    way: Way::Backend(method.name().to_owned()),
                });
            }
        }
    }
    let name = |library: &Library| format!("{} {}", library.library, library.version);
    Plan {
        libraries: libraries.iter().map(name).collect(),
        processes: libraries
            .iter()
            .map(|library| library.name.to_owned())
            .collect(),
        registered,
        python: None,
        calls,
        draws,
    }
}

fn add_package(plan: &mut Plan, package: &Package, python: &Python) {
    let library = plan.libraries.len();
    let version = python.version();
    plan.libraries.push(format!("{} {version}", package.name));
    plan.processes.push(package.name.to_owned());
    plan.python = Some(python.clone());
    let calls = package.calls.iter().enumerate();
    plan.calls.extend(calls.map(|(place, (name, method))| Call {
        label: (*name).to_owned(),
        library,
        ours: false,
        method: method.name().to_owned(),
        way: Way::Call(place),
    }));
}

/// The hand of each library. The packages of Python come last.
fn hands(plan: &Plan) -> Vec<Hand> {
    let is_package = |name: &str| PACKAGES.iter().any(|package| package.name == name);
    let hand = |name: &String| match &plan.python {
        Some(python) if is_package(name) => Hand::of_python(name, python),
        _ => Hand::new(name),
    };
    plan.processes.iter().map(hand).collect()
}

fn panel<T: AdapterScalar + Widen>(
    plan: &Plan,
    hands: &mut [Hand],
    scalar: ScalarType,
    question: Question,
) -> anyhow::Result<Row> {
    let families = question.columns::<T>();
    let mut outcomes: Vec<Vec<Outcome>> = vec![Vec::new(); plan.calls.len()];
    for &family in &families {
        let problems = problems::draw::<T>(family, question)?;
        let systems: Vec<System> = problems.iter().map(|p| System::new(&p.a, &p.b)).collect();
        for (call, row) in plan.calls.iter().zip(&mut outcomes) {
            let outcome = match given_up(row) {
                Some(lost) if !problems.is_empty() => lost,
                _ => {
                    let hand = &mut hands[call.library];
                    worst(call, &problems, &systems, |system| {
                        hand.solve(scalar, &call.way, system)
                    })?
                }
            };
            row.push(outcome);
        }
    }
    Ok(Row::Panel(Panel {
        scalar: T::NAME.to_owned(),
        title: question.title(),
        columns: families.into_iter().map(problems::Family::label).collect(),
        outcomes,
    }))
}

/// The outcome of a call that lost its process too often to be tried again.
fn given_up(row: &[Outcome]) -> Option<Outcome> {
    let lost = |outcome: &&Outcome| matches!(outcome, Outcome::TimedOut | Outcome::Died);
    let mut lost = row.iter().filter(lost);
    lost.nth(LOST - 1).copied()
}

/// The worst outcome over the problems.
fn worst<T: AdapterScalar + Widen>(
    call: &Call,
    problems: &[Problem<T>],
    systems: &[System],
    mut solve: impl FnMut(&System) -> libraries::Solved,
) -> anyhow::Result<Outcome> {
    let method = Method::from_str(&call.method)?;
    let mut worst = Outcome::NotOffered;
    for (problem, system) in problems.iter().zip(systems) {
        let outcome = outcome::of(&solve(system), method, problem);
        if outcome > worst {
            worst = outcome;
        }
        if matches!(worst, Outcome::TimedOut | Outcome::Died) {
            break;
        }
    }
    Ok(worst)
}

fn speed<T: AdapterScalar + Widen>(
    plan: &Plan,
    hands: &mut [Hand],
    scalar: ScalarType,
    (m, n): (usize, usize),
) -> Row {
    let (a, b) = (
        standard_normal::<T>(m, n, 0, 1),
        standard_normal::<T>(m, 1, 0, 2),
    );
    let system = System::new(&a, &b);
    let time = |call: &Call| {
        let hand = &mut hands[call.library];
        match hand.solve(scalar, &call.way, &system) {
            libraries::Solved::X(..) => hand.time(scalar, &call.way, &system),
            _ => None,
        }
    };
    Row::Speed(Speed {
        scalar: T::NAME.to_owned(),
        shape: (m, n),
        nanoseconds: plan.calls.iter().map(time).collect(),
    })
}

#[cfg(test)]
mod tests {
    use leastwise_core::Mat;

    use super::*;
    use crate::libraries::{Reply, Request, Solved, Task, reply};
    use problems::Family;

    fn solve(library: &Library, way: &Way, system: &System) -> Solved {
        let request = Request {
            scalar: ScalarType::F64,
            way: way.clone(),
            task: Task::Solve(system.clone()),
        };
        let Reply::Solved(mut solved) = reply(library, &request).unwrap() else {
            panic!("another reply")
        };
        solved.remove(0)
    }

    #[test]
    fn backends_are_accurate_at_a_moderate_condition() {
        let question = Question::Condition((24, 60));
        let problems = problems::draw::<f64>(Family::Condition(3), question).unwrap();
        let systems: Vec<System> = problems.iter().map(|p| System::new(&p.a, &p.b)).collect();
        let libraries = peers::libraries();
        for call in plan(&libraries, libraries.len(), 1).calls {
            let library = &libraries[call.library];
            let outcome = worst(&call, &problems, &systems, |system| {
                solve(library, &call.way, system)
            });
            if call.ours && call.method != "cholesky" {
                assert_eq!(outcome.unwrap(), Outcome::Accurate, "{}", call.label);
            }
        }
    }

    #[test]
    fn a_basic_solution_is_not_the_shortest_and_garbage_is_inaccurate() {
        let question = Question::Condition((24, 60));
        let problem = problems::draw::<f64>(Family::Ones, question)
            .unwrap()
            .remove(0);
        let of = |x: Mat<f64>| outcome::of(&Solved::X(x.into_vec(), None), Method::Qr, &problem);
        let mean = problem.b.data().iter().sum::<f64>() / problem.b.rows() as f64;
        let n = problem.a.cols();
        let basic = Mat::from_fn(n, 1, |i, _| if i == 0 { mean } else { 0.0 });
        assert_eq!(of(basic), Outcome::NotShortest);
        let garbage = of(Mat::from_fn(n, 1, |_, _| 1.0));
        assert!(matches!(garbage, Outcome::Inaccurate(_)), "{garbage:?}");
        assert_eq!(of(Mat::from_fn(n, 1, |_, _| f64::NAN)), Outcome::NotFinite);
    }

    #[test]
    fn a_call_is_not_tried_again_after_a_lost_process() {
        let row = [Outcome::Accurate, Outcome::Refused];
        assert_eq!(given_up(&row), None);
        let row = [&row[..], &[Outcome::Died, Outcome::Accurate]].concat();
        assert_eq!(given_up(&row), Some(Outcome::Died));
    }
}
