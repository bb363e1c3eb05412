//! Misra1b. Misra, D., NIST (1978). Dental Research Monomolecular Adsorption Study.

use crate::nist::data_set::{Certified, DataSet, Difficulty};
use crate::nist::model::Model;

pub(super) const DATA_SET: DataSet = DataSet {
    name: "Misra1b",
    difficulty: Difficulty::Lower,
    model: Model::Misra1b,
    y: &[
        10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.40, 75.47,
        81.78,
    ],
    x: &[&[
        77.6, 114.9, 141.1, 190.8, 239.9, 289.0, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1, 689.1,
        760.0,
    ]],
    starts: [&[500.0, 0.0001], &[300.0, 0.0002]],
    certified: Certified {
        parameters: &[3.3799746163e2, 3.9039091287e-4],
        standard_errors: &[3.1643950207, 4.2547321834e-6],
        residual_sum_of_squares: 7.5464681533e-2,
        residual_standard_deviation: 7.9301471998e-2,
    },
};
