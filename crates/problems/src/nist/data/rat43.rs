//! Rat43. Ratkowsky, D.A. (1983). Nonlinear Regression Modeling. New York, NY: Marcel Dekker, pp.
//! 62 and 88.

use crate::nist::data_set::{Certified, DataSet, Difficulty};
use crate::nist::model::Model;

pub(super) const DATA_SET: DataSet = DataSet {
    name: "Rat43",
    difficulty: Difficulty::Higher,
    model: Model::Rat43,
    y: &[
        16.08, 33.83, 65.80, 97.20, 191.55, 326.20, 386.87, 520.53, 590.03, 651.92, 724.93, 699.56,
        689.96, 637.56, 717.41,
    ],
    x: &[&[
        1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 14.0, 15.0,
    ]],
    starts: [&[100.0, 10.0, 1.0, 1.0], &[700.0, 5.0, 0.75, 1.3]],
    certified: Certified {
        parameters: &[6.9964151270e2, 5.2771253025, 7.5962938329e-1, 1.2792483859],
        standard_errors: &[
            1.6302297817e1,
            2.0828735829,
            1.9566123451e-1,
            6.8761936385e-1,
        ],
        residual_sum_of_squares: 8.7864049080e3,
        residual_standard_deviation: 2.8262414662e1,
    },
};
