//! Rat42. Ratkowsky, D.A. (1983). Nonlinear Regression Modeling. New York, NY: Marcel Dekker, pp.
//! 61 and 88.

use crate::nist::data_set::{Certified, DataSet, Difficulty};
use crate::nist::model::Model;

pub(super) const DATA_SET: DataSet = DataSet {
    name: "Rat42",
    difficulty: Difficulty::Higher,
    model: Model::Rat42,
    y: &[
        8.930, 10.800, 18.590, 22.330, 39.350, 56.110, 61.730, 64.620, 67.080,
    ],
    x: &[&[
        9.000, 14.000, 21.000, 28.000, 42.000, 57.000, 63.000, 70.000, 79.000,
    ]],
    starts: [&[100.0, 1.0, 0.1], &[75.0, 2.5, 0.07]],
    certified: Certified {
        parameters: &[7.2462237576e1, 2.6180768402, 6.7359200066e-2],
        standard_errors: &[1.7340283401, 8.8295217536e-2, 3.4465663377e-3],
        residual_sum_of_squares: 8.0565229338,
        residual_standard_deviation: 1.1587725499,
    },
};
