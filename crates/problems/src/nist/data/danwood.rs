//! DanWood. Daniel, C. and F. S. Wood (1980). Fitting Equations to Data, Second Edition. New York,
//! NY: John Wiley and Sons, pp. 428-431.

use crate::nist::data_set::{Certified, DataSet, Difficulty};
use crate::nist::model::Model;

pub(super) const DATA_SET: DataSet = DataSet {
    name: "DanWood",
    difficulty: Difficulty::Lower,
    model: Model::DanWood,
    y: &[2.138, 3.421, 3.597, 4.340, 4.882, 5.660],
    x: &[&[1.309, 1.471, 1.490, 1.565, 1.611, 1.680]],
    starts: [&[1.0, 5.0], &[0.7, 4.0]],
    certified: Certified {
        parameters: &[7.6886226176e-1, 3.8604055871],
        standard_errors: &[1.8281973860e-2, 5.1726610913e-2],
        residual_sum_of_squares: 4.3173084083e-3,
        residual_standard_deviation: 3.2853114039e-2,
    },
};
