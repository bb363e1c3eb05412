//! `map`: the outcome for every library, method, condition, shape and scalar type, of the libraries' own calls and of
//! the adapters. An outcome is accurate, inaccurate, not the shortest solution, NaN, panic, or refused.

mod model;
mod outcome;
mod problems;
mod render;
mod table;

use std::panic;

use leastwise_backends::AdapterScalar;
use leastwise_conformance::Widen;
use leastwise_core::Method;
use leastwise_harness::peers;
use leastwise_report::Document;

use crate::study::{Rows, Study};
use model::{Call, Panel, Plan, Record};
use outcome::Outcome;
use problems::{Family, SHAPES};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Map {}

/// Every problem is solved by every call and every method.
impl Study for Map {
    const NAME: &'static str = "map";
    const IS_TIMED: bool = false;
    type Plan = Plan;
    type Row = Panel;

    fn plan(&self) -> anyhow::Result<Plan> {
        Ok(calls())
    }

    fn run(_plan: &Plan, panels: &mut Rows<Panel>) -> anyhow::Result<()> {
        panels.expect((2 * SHAPES.len()) as f64);
        // A panic is an outcome here, so its message is not printed.
        let hook = panic::take_hook();
        panic::set_hook(Box::new(|_| ()));
        let drawn = [panel::<f64> as Draw, panel::<f32>]
            .into_iter()
            .flat_map(|draw| SHAPES.map(|shape| (draw, shape)))
            .try_for_each(|(draw, shape)| panels.take(|| draw(shape)));
        panic::set_hook(hook);
        drawn
    }

    fn fits(plan: &Plan, panel: &Panel) -> bool {
        let is_named = |call: &Call| call.library < plan.libraries.len();
        let is_whole = |row: &Vec<Outcome>| row.len() == panel.columns.len();
        plan.calls.iter().all(is_named)
            && panel.outcomes.len() == plan.calls.len()
            && panel.outcomes.iter().all(is_whole)
    }

    fn document(record: &Record) -> Document {
        table::document(record)
    }
}

type Draw = fn((usize, usize)) -> anyhow::Result<Panel>;

/// For each library and method, the library's own calls and then the adapter.
fn calls() -> Plan {
    let (mut libraries, mut rows) = (Vec::new(), Vec::new());
    let own_calls = peers::all::<f64>();
    for (library, backend) in leastwise_backends::all::<f64>(1).iter().enumerate() {
        let info = backend.info();
        libraries.push(format!("{} {}", info.engine, info.version));
        for method in Method::ALL {
            let own =
                |call: &&peers::DirectCall<f64>| (call.backend, call.method) == (info.name, method);
            rows.extend(own_calls.iter().filter(own).map(|call| Call {
                label: call.call.to_owned(),
                library,
                ours: false,
            }));
            if info.has(method) {
                rows.push(Call {
                    label: format!("leastwise {method}"),
                    library,
                    ours: true,
                });
            }
        }
    }
    Plan {
        libraries,
        calls: rows,
    }
}

fn panel<T: AdapterScalar + Widen>(shape: (usize, usize)) -> anyhow::Result<Panel> {
    let families = Family::all::<T>();
    let mut outcomes: Vec<Vec<Outcome>> = Vec::new();
    for &family in &families {
        let column = column(&problems::draw::<T>(family, shape)?);
        outcomes.resize_with(column.len(), Vec::new);
        for (row, outcome) in outcomes.iter_mut().zip(column) {
            row.push(outcome);
        }
    }
    Ok(Panel {
        scalar: T::NAME.to_owned(),
        shape,
        columns: families.into_iter().map(Family::label).collect(),
        outcomes,
    })
}

/// The worst outcome over the problems for each row, in the order of [`calls`].
fn column<T: AdapterScalar + Widen>(problems: &[problems::Problem<T>]) -> Vec<Outcome> {
    let worst = |of: &dyn Fn(&problems::Problem<T>) -> Outcome| {
        let outcomes = problems.iter().map(of);
        outcomes.fold(Outcome::NotOffered, |worst, outcome| {
            if outcome > worst { outcome } else { worst }
        })
    };
    let mut column = Vec::new();
    let calls = peers::all::<T>();
    for backend in leastwise_backends::all::<T>(1) {
        let info = backend.info();
        for method in Method::ALL {
            for call in &calls {
                if (call.backend, call.method) == (info.name, method) {
                    column.push(worst(&|problem| {
                        outcome::of_call(call.solve, method, problem)
                    }));
                }
            }
            if info.has(method) {
                column.push(worst(&|problem| {
                    outcome::of_backend(&*backend, method, problem)
                }));
            }
        }
    }
    column
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two loops find the names of the rows and their outcomes.
    #[test]
    fn there_is_an_outcome_for_every_row() {
        let problems = problems::draw::<f64>(Family::Condition(3), (24, 60)).unwrap();
        let rows = calls().calls;
        let column = column(&problems);
        assert_eq!(column.len(), rows.len());
        for (row, outcome) in rows.iter().zip(column) {
            if row.ours && !row.label.ends_with("cholesky") {
                assert_eq!(outcome, Outcome::Accurate, "{}", row.label);
            }
        }
    }

    #[test]
    fn a_basic_solution_is_not_the_shortest_and_garbage_is_inaccurate() {
        let problem = problems::draw::<f64>(Family::Ones, (24, 60))
            .unwrap()
            .remove(0);
        let basic: peers::Solve<f64> = |a, b| {
            let mean = b.data().iter().sum::<f64>() / b.rows() as f64;
            let first = |i, _| if i == 0 { mean } else { 0.0 };
            peers::Answer::X(leastwise_core::Mat::from_fn(a.cols(), 1, first))
        };
        assert_eq!(
            outcome::of_call(basic, Method::Qr, &problem),
            Outcome::NotShortest
        );
        let garbage: peers::Solve<f64> =
            |a, _| peers::Answer::X(leastwise_core::Mat::from_fn(a.cols(), 1, |_, _| 1.0));
        let outcome = outcome::of_call(garbage, Method::Qr, &problem);
        assert!(matches!(outcome, Outcome::Inaccurate(_)), "{outcome:?}");
        let nan: peers::Solve<f64> =
            |a, _| peers::Answer::X(leastwise_core::Mat::from_fn(a.cols(), 1, |_, _| f64::NAN));
        assert_eq!(
            outcome::of_call(nan, Method::Qr, &problem),
            Outcome::NotFinite
        );
    }
}
