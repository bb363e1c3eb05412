//! The points at which the runs of a draw ended.

use anyhow::ensure;
use leastwise_conformance::{Claim, Judge};
use leastwise_testset::far_starts::{Curve, CurveFit, FarStart};
use serde::{Deserialize, Serialize};

use crate::contender::{Contender, Outcome, Tolerances};
use crate::study::number;

const EVALUATIONS: usize = 1000;

/// Initial radii other than the default.
pub(super) const RADII: [f64; 3] = [0.1, 10.0, MINPACKS_RADIUS];

/// The `factor` of MINPACK's drivers.
pub(super) const MINPACKS_RADIUS: f64 = 100.0;

/// The first seed. The initial radius and its growth were chosen on smaller seeds.
pub(super) const FIRST_SEED: u64 = 20_000;

/// The point at which a run ended, and whether the run reported success.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum End {
    /// The run ended at the smallest loss.
    Minimum {
        /// Whether the run reported success.
        is_claimed: bool,
    },
    /// False success: steps in double-double lower the loss, or a derivative is not finite.
    Slope,
    /// False success: a direction of negative curvature lowers the loss.
    Saddle,
    /// False success: a parameter has no effect at this point, and another value of it lowers the loss.
    Plateau,
    /// The run reported success at another minimum, whose loss is larger.
    Other,
    /// The run ended elsewhere, and did not report success.
    Honest,
}

/// A run by one contender.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Cell {
    pub(super) end: End,
    /// The correct digits of the worst parameter.
    #[serde(with = "number")]
    pub(super) digits: f64,
    pub(super) residuals: usize,
    pub(super) jacobians: usize,
}

/// A draw with a cell for each contender.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(super) curve: String,
    /// Whether a contender found a lower loss than the run from the truth.
    pub(super) is_lower_elsewhere: bool,
    pub(super) cells: Vec<Cell>,
}

pub(super) fn measure(contenders: &[Contender], curve: Curve, seed: u64) -> anyhow::Result<Row> {
    let FarStart { fit, start } = FarStart::draw(curve, seed);
    let outcomes = contenders
        .iter()
        .map(|contender| contender.run(&fit, &start, Tolerances::Default, EVALUATIONS));
    let outcomes = outcomes.collect::<leastwise_core::Result<Vec<_>>>()?;
    let near = Minimum::polish(&fit, curve.truth(), seed)?;
    let lower = outcomes
        .iter()
        .filter(|o| o.loss < near.loss && !FarStart::is_minimum(near.loss, o.loss))
        .min_by(|a, b| a.loss.total_cmp(&b.loss));
    let minimum = match lower {
        Some(outcome) => Minimum::polish(&fit, &outcome.parameters, seed)?,
        None => near,
    };
    let cells = outcomes.iter().map(|outcome| cell(&fit, &minimum, outcome));
    Ok(Row {
        curve: curve.name().to_owned(),
        is_lower_elsewhere: lower.is_some(),
        cells: cells.collect::<leastwise_core::Result<_>>()?,
    })
}

fn cell(fit: &CurveFit, minimum: &Minimum, outcome: &Outcome) -> leastwise_core::Result<Cell> {
    let is_claimed = outcome.claims_success;
    let end = if FarStart::is_minimum(outcome.loss, minimum.loss) {
        End::Minimum { is_claimed }
    } else if is_claimed {
        match Judge::new(fit).judge(&outcome.parameters).claim {
            Claim::Minimum => End::Other,
            Claim::Slope | Claim::Undefined => End::Slope,
            Claim::Saddle => End::Saddle,
            Claim::Plateau => End::Plateau,
        }
    } else {
        End::Honest
    };
    Ok(Cell {
        end,
        digits: fit.correct_digits(&outcome.parameters, &minimum.parameters)?,
        residuals: outcome.residuals,
        jacobians: outcome.jacobians,
    })
}

struct Minimum {
    parameters: Vec<f64>,
    loss: f64,
}

impl Minimum {
    /// Returns the point to which steps in double-double lead from `start`. It must be a minimum.
    fn polish(fit: &CurveFit, start: &[f64], seed: u64) -> anyhow::Result<Self> {
        let judge = Judge::new(fit);
        let end = judge.judge(&judge.judge(start).polished);
        let name = fit.curve().name();
        ensure!(
            end.is_minimum(),
            "{name}, seed {seed}: from {start:?} the judge does not find a minimum; it ends at {end:?}"
        );
        Ok(Self {
            parameters: end.polished,
            loss: end.polished_loss,
        })
    }
}
