//! MGH10. Meyer, R. R. (1970). Theoretical and computational aspects of nonlinear regression. In
//! Nonlinear Programming, Rosen, Mangasarian and Ritter (Eds). New York, NY: Academic Press, pp.
//! 465-486.

use crate::nist::data_set::{Certified, DataSet, Difficulty};
use crate::nist::model::Model;

pub(super) const DATA_SET: DataSet = DataSet {
    name: "MGH10",
    difficulty: Difficulty::Higher,
    model: Model::Mgh10,
    y: &[
        3.478000e4, 2.861000e4, 2.365000e4, 1.963000e4, 1.637000e4, 1.372000e4, 1.154000e4,
        9.744000e3, 8.261000e3, 7.030000e3, 6.005000e3, 5.147000e3, 4.427000e3, 3.820000e3,
        3.307000e3, 2.872000e3,
    ],
    x: &[&[
        5.000000e1, 5.500000e1, 6.000000e1, 6.500000e1, 7.000000e1, 7.500000e1, 8.000000e1,
        8.500000e1, 9.000000e1, 9.500000e1, 1.000000e2, 1.050000e2, 1.100000e2, 1.150000e2,
        1.200000e2, 1.250000e2,
    ]],
    starts: [&[2.0, 400000.0, 25000.0], &[0.02, 4000.0, 250.0]],
    certified: Certified {
        parameters: &[5.6096364710e-3, 6.1813463463e3, 3.4522363462e2],
        standard_errors: &[1.5687892471e-4, 2.3309021107e1, 7.8486103508e-1],
        residual_sum_of_squares: 8.7945855171e1,
        residual_standard_deviation: 2.6009740065,
    },
};
