//! What was run, and for how long.

use leastwise_core::Result;
use leastwise_testset::more_garbow_hillstrom::{LinearFullRank, MinpackRun, minpack_runs};

use super::contender::{Contender, Outcome, Tolerances};
use super::turns::take_turns;

/// Sizes at which a factorisation is what a run costs: residuals and parameters.
const SIZES: [(usize, usize); 4] = [(100, 10), (1000, 30), (1000, 100), (3000, 300)];

/// A run by one contender.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    pub(super) outcome: Outcome,
    pub(super) is_solved: bool,
    /// The median over the rounds, in nanoseconds.
    pub(super) nanoseconds: f64,
}

/// A run with a cell for each contender.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) label: String,
    pub(super) missed_by_minpack: bool,
    pub(super) cells: Vec<Cell>,
}

/// The rows of one choice of tolerances.
#[derive(Clone, Debug)]
pub(super) struct Suite {
    pub(super) tolerances: Tolerances,
    pub(super) rows: Vec<Row>,
}

#[derive(Clone, Debug)]
pub(super) struct Results {
    /// The contenders, in the order of the cells.
    pub(super) names: Vec<String>,
    pub(super) is_ours: Vec<bool>,
    pub(super) rounds: usize,
    pub(super) suites: Vec<Suite>,
    /// Linear problems of growing size, by default tolerances.
    pub(super) sizes: Vec<Row>,
}

impl Results {
    /// The contender that times are divided by.
    pub(super) fn peer(&self) -> Option<usize> {
        self.is_ours.iter().position(|ours| !ours)
    }

    /// Runs everything `rounds` times, contenders taking turns; `progress` gets the share that is done.
    pub(super) fn measure(rounds: usize, progress: &mut dyn FnMut(f64)) -> anyhow::Result<Self> {
        let contenders = Contender::all();
        let runs = minpack_runs::<f64>();
        let large = SIZES.iter().map(|&(m, n)| large_run(m, n));
        let large = large.collect::<Result<Vec<_>>>()?;
        let total = (Tolerances::ALL.len() * runs.len() + large.len()) as f64;
        let mut done = 0.0;
        let mut row = |run: &MinpackRun<f64>, tolerances| {
            let row = measure(&contenders, run, tolerances, rounds);
            done += 1.0;
            progress(done / total);
            row
        };
        let mut suites = Vec::new();
        for tolerances in Tolerances::ALL {
            let rows = runs.iter().map(|run| row(run, tolerances));
            let rows = rows.collect::<anyhow::Result<_>>()?;
            suites.push(Suite { tolerances, rows });
        }
        let sizes = large.iter().map(|run| row(run, Tolerances::Default));
        let sizes = sizes.collect::<anyhow::Result<_>>()?;
        Ok(Self {
            names: contenders.iter().map(Contender::name).collect(),
            is_ours: contenders.iter().map(Contender::is_ours).collect(),
            rounds,
            suites,
            sizes,
        })
    }
}

fn large_run(residuals: usize, parameters: usize) -> Result<MinpackRun<f64>> {
    Ok(MinpackRun {
        problem: Box::new(LinearFullRank::new(residuals, parameters)?),
        factor: 1.0,
        missed_by_minpack: false,
    })
}

fn measure(
    contenders: &[Contender],
    run: &MinpackRun<f64>,
    tolerances: Tolerances,
    rounds: usize,
) -> anyhow::Result<Row> {
    let start = run.start();
    // That of MINPACK's driver.
    let evaluations = 100 * (start.len() + 1);
    let timed = take_turns(contenders, rounds, |contender| {
        contender.run(&*run.problem, &start, tolerances, evaluations)
    })?;
    let cells = timed.into_iter().map(|(outcome, nanoseconds)| {
        Ok(Cell {
            is_solved: run.is_solved(outcome.loss)?,
            outcome,
            nanoseconds,
        })
    });
    Ok(Row {
        label: run.to_string(),
        missed_by_minpack: run.missed_by_minpack,
        cells: cells.collect::<Result<_>>()?,
    })
}
