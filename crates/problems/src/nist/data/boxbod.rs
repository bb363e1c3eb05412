//! BoxBOD. Box, G. P., W. G. Hunter, and J. S. Hunter (1978). Statistics for Experimenters. New
//! York, NY: Wiley, pp. 483-487.

use crate::nist::data_set::{Certified, DataSet, Difficulty};
use crate::nist::model::Model;

pub(super) const DATA_SET: DataSet = DataSet {
    name: "BoxBOD",
    difficulty: Difficulty::Higher,
    model: Model::Saturation,
    y: &[109.0, 149.0, 149.0, 191.0, 213.0, 224.0],
    x: &[&[1.0, 2.0, 3.0, 5.0, 7.0, 10.0]],
    starts: [&[1.0, 1.0], &[100.0, 0.75]],
    certified: Certified {
        parameters: &[2.1380940889e2, 5.4723748542e-1],
        standard_errors: &[1.2354515176e1, 1.0455993237e-1],
        residual_sum_of_squares: 1.1680088766e3,
        residual_standard_deviation: 1.7088072423e1,
    },
};
