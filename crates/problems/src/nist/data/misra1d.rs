//! Misra1d. Misra, D., NIST (1978). Dental Research Monomolecular Adsorption Study.

use crate::nist::data_set::{Certified, DataSet, Difficulty};
use crate::nist::model::Model;

pub(super) const DATA_SET: DataSet = DataSet {
    name: "Misra1d",
    difficulty: Difficulty::Average,
    model: Model::Misra1d,
    y: &[
        10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.40, 75.47,
        81.78,
    ],
    x: &[&[
        77.6, 114.9, 141.1, 190.8, 239.9, 289.0, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1, 689.1,
        760.0,
    ]],
    starts: [&[500.0, 0.0001], &[450.0, 0.0003]],
    certified: Certified {
        parameters: &[4.3736970754e2, 3.0227324449e-4],
        standard_errors: &[3.6489174345, 2.9334354479e-6],
        residual_sum_of_squares: 5.6419295283e-2,
        residual_standard_deviation: 6.8568272111e-2,
    },
};
