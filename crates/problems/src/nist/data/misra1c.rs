//! Misra1c. Misra, D., NIST (1978). Dental Research Monomolecular Adsorption.

use crate::nist::data_set::{Certified, DataSet, Difficulty};
use crate::nist::model::Model;

pub(super) const DATA_SET: DataSet = DataSet {
    name: "Misra1c",
    difficulty: Difficulty::Average,
    model: Model::Misra1c,
    y: &[
        10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.40, 75.47,
        81.78,
    ],
    x: &[&[
        77.6, 114.9, 141.1, 190.8, 239.9, 289.0, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1, 689.1,
        760.0,
    ]],
    starts: [&[500.0, 0.0001], &[600.0, 0.0002]],
    certified: Certified {
        parameters: &[6.3642725809e2, 2.0813627256e-4],
        standard_errors: &[4.6638326572, 1.7728423155e-6],
        residual_sum_of_squares: 4.0966836971e-2,
        residual_standard_deviation: 5.8428615257e-2,
    },
};
