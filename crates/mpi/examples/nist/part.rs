//! The data sets of NIST, whose rows are dealt out to the ranks.

use std::ops::Range;

use leastwise_core::{Mat, MatMut, Result};
use leastwise_faer::Faer;
use leastwise_mpi::share;
use leastwise_optim::ranks::Ranks;
use leastwise_optim::{Fit, LeastSquaresProblem, RowFunction, RowProblem, Rows, Steps};
use leastwise_testset::nist::{DataSet, data_sets};

/// The rows of a data set that a rank has.
struct Part {
    set: &'static DataSet,
    rows: Range<usize>,
}

impl Part {
    fn of(set: &'static DataSet, ranks: &Ranks) -> Self {
        let m = set.observations().len();
        let (rank, count) = (ranks.rank(), ranks.count());
        let rows = match rank {
            _ if count < 3 => share(m, ranks),
            1 => 0..0,
            _ => {
                // Among the other ranks.
                let (place, others) = (rank.saturating_sub(1), count - 1);
                m * place / others..m * (place + 1) / others
            }
        };
        Self { set, rows }
    }

    /// The places of `count` rows in the data set.
    fn places(&self, rows: Rows<'_>, count: usize) -> Vec<usize> {
        let own: Vec<usize> = match rows {
            Rows::From(first) => (first..first + count).collect(),
            Rows::Listed(rows) => rows.to_vec(),
        };
        own.into_iter().map(|row| self.rows.start + row).collect()
    }
}

impl RowFunction<f64> for Part {
    fn residual_rows(&self, b: &[f64], rows: Rows<'_>, r: &mut [f64]) -> Result<()> {
        let mut all = vec![0.0; self.set.observations().len()];
        self.set.residual(b, &mut all)?;
        let places = self.places(rows, r.len());
        for (entry, place) in r.iter_mut().zip(places) {
            *entry = all[place];
        }
        Ok(())
    }
}

impl RowProblem<f64> for Part {
    fn jacobian_rows(
        &self,
        b: &[f64],
        _: &Steps<f64>,
        rows: Rows<'_>,
        _: &[f64],
        mut j: MatMut<'_, f64>,
    ) -> Result<()> {
        let mut all = Mat::zeros(self.set.observations().len(), b.len());
        self.set.jacobian(b, all.as_mut())?;
        for (row, place) in self.places(rows, j.rows()).into_iter().enumerate() {
            for col in 0..b.len() {
                j[(row, col)] = all[(place, col)];
            }
        }
        Ok(())
    }
}

impl LeastSquaresProblem<f64> for Part {
    fn residuals(&self) -> usize {
        self.rows.len()
    }

    fn parameters(&self) -> usize {
        self.set.certified.parameters.len()
    }

    fn residual(&self, b: &[f64], r: &mut [f64]) -> Result<()> {
        self.residual_rows(b, Rows::From(0), r)
    }

    fn jacobian(&self, b: &[f64], j: MatMut<'_, f64>) -> Result<()> {
        self.jacobian_rows(b, &Steps::default(), Rows::From(0), &[], j)
    }

    fn by_rows(&self) -> Option<&dyn RowProblem<f64>> {
        Some(self)
    }
}

fn bits(values: &[f64]) -> String {
    let values = values
        .iter()
        .map(|value| format!("{:016x}", value.to_bits()));
    values.collect::<Vec<_>>().join(" ")
}

/// Fits all data sets from both starts. A line has the number of steps, the parameters and their standard errors.
pub(crate) fn fit_all(ranks: &Ranks) -> Result<Vec<String>> {
    let backend = Faer::default();
    let fit = Fit::new(&backend).across(ranks);
    let mut lines = Vec::new();
    for set in data_sets() {
        for (start, values) in (1..).zip(set.starts) {
            let fitted = fit.run(&Part::of(set, ranks), values)?;
            lines.push(format!(
                "{} {start}: {}; {}; {}",
                set.name,
                fitted.steps,
                bits(&fitted.parameters),
                bits(fitted.standard_errors())
            ));
        }
    }
    Ok(lines)
}
