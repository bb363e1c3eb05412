//! `cholesky`: the time of the Cholesky factorisation of an n×n matrix. It is the example of a study.

use leastwise_core::Mat;
use leastwise_report::Document;
use serde::{Deserialize, Serialize};

use crate::by_size::{self, BySize};
use crate::study::number::Number;
use crate::study::{self, Crew, Desk, Rows, Study, Timed};
use crate::suite::{RoundsArgs, are_times};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Cholesky {
    /// Sizes n, comma-separated
    #[arg(long, value_name = "LIST", default_value = "4,8,16,32,64,128,256,512")]
    #[arg(value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..=4096))]
    sizes: Vec<u32>,
    #[command(flatten)]
    rounds: RoundsArgs,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Plan {
    backends: Vec<String>,
    sizes: Vec<u32>,
    rounds: u64,
}

/// One size, with an entry for each backend.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Row {
    n: u32,
    /// max |L·Lᵀ − A| in units of u·max |A|.
    errors: Vec<Number>,
    /// The time of one call in each round.
    samples_ns: Vec<Vec<f64>>,
}

type Record = study::Record<Plan, Row>;

impl Study for Cholesky {
    const NAME: &'static str = "cholesky";
    const MISSED: &'static str = "L·Lᵀ is not A";
    const IS_TIMED: bool = true;
    type Plan = Plan;
    type Row = Row;

    fn plan(&self) -> anyhow::Result<Plan> {
        let names = leastwise_backends::names().into_iter();
        Ok(Plan {
            backends: names.map(str::to_owned).collect(),
            sizes: self.sizes.clone(),
            rounds: self.rounds.count()?,
        })
    }

    fn run(plan: &Plan, rows: &mut Rows<Row>) -> anyhow::Result<()> {
        let sizes = (&plan.sizes[..], plan.rounds);
        Crew::<Self>::measure(plan, sizes, rows, |&n, errors, samples_ns| {
            Ok(Row {
                n,
                errors,
                samples_ns,
            })
        })
    }

    fn fits(plan: &Plan, row: &Row) -> bool {
        let count = plan.backends.len();
        row.errors.len() == count && are_times(&row.samples_ns, count, plan.rounds)
    }

    fn document(record: &Record) -> Document {
        let backends = &record.header.plan.backends;
        let rows = record.rows.iter();
        let rows = rows.map(|row| (row.n, row.samples_ns.iter().map(Vec::as_slice).collect()));
        let times = BySize {
            title: "A = L·Lᵀ, on one thread".to_owned(),
            rows: rows.collect(),
        };
        let name = (Self::NAME, "Cholesky factorisation");
        Document::new("Cholesky").with(by_size::section(name, "n", backends, &[times]))
    }

    /// The error of L·Lᵀ is at most (n + 1)·u·max |A|, and computing the product adds at most n·u·max |A| (N. Higham,
    /// *Accuracy and Stability of Numerical Algorithms* (2002), theorem 10.3).
    fn bars(record: &Record) -> Vec<String> {
        let mut missed = Vec::new();
        for Row { n, errors, .. } in &record.rows {
            for (name, Number(error)) in record.header.plan.backends.iter().zip(errors) {
                if !(*error <= f64::from(2 * n + 4)) {
                    missed.push(format!(
                        "{name}, n = {n}: the error is {error:.1} u·max |A|"
                    ));
                }
            }
        }
        missed
    }
}

/// Each process runs one backend.
impl Timed for Cholesky {
    fn processes(plan: &Plan) -> usize {
        plan.backends.len()
    }

    fn work(plan: &Plan, process: usize, desk: &mut Desk) -> anyhow::Result<()> {
        let backend = leastwise_backends::find::<f64>(&plan.backends[process], 1)?;
        while let Some(row) = desk.row()? {
            let n = plan.sizes[row] as usize;
            // A is diagonally dominant, so it is positive definite.
            let a = Mat::from_fn(n, n, |i, j| {
                let diagonal = if i == j { n as f64 } else { 0.0 };
                diagonal + 1.0 / (1.0 + i.abs_diff(j) as f64)
            });
            let error = error(&a, &backend.cholesky(a.as_ref())?);
            let mut sample = by_size::sampler(|| backend.cholesky(a.as_ref()).map(drop))?;
            desk.serve(&Number(error), |_| Ok(sample()?))?;
        }
        Ok(())
    }
}

/// max |L·Lᵀ − A| in units of u·max |A|. It is NaN if an entry is NaN.
fn error(a: &Mat<f64>, l: &Mat<f64>) -> f64 {
    let entry = |i, j| (0..=j).map(|k| l[(i, k)] * l[(j, k)]).sum::<f64>() - a[(i, j)];
    let errors = (0..a.rows()).flat_map(|i| (0..=i).map(move |j| entry(i, j).abs()));
    errors.max_by(f64::total_cmp).unwrap_or(0.0) / (f64::EPSILON / 2.0 * a[(0, 0)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_with_nan_has_no_error_that_passes() {
        let diagonal = |d: [f64; 2]| Mat::from_fn(2, 2, |i, j| if i == j { d[i] } else { 0.0 });
        let a = diagonal([4.0, 4.0]);
        assert_eq!(error(&a, &diagonal([2.0, 2.0])), 0.0);
        assert!(error(&a, &diagonal([f64::NAN, 2.0])).is_nan());
    }
}
