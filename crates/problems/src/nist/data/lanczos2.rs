//! Lanczos2. Lanczos, C. (1956). Applied Analysis. Englewood Cliffs, NJ: Prentice Hall, pp.
//! 272-280.

use crate::nist::data_set::{Certified, DataSet, Difficulty};
use crate::nist::model::Model;

pub(super) const DATA_SET: DataSet = DataSet {
    name: "Lanczos2",
    difficulty: Difficulty::Average,
    model: Model::Lanczos,
    y: &[
        2.51340, 2.04433, 1.66840, 1.36642, 1.12323, 9.26890e-1, 7.67934e-1, 6.38878e-1,
        5.33784e-1, 4.47936e-1, 3.77585e-1, 3.19739e-1, 2.72013e-1, 2.32497e-1, 1.99659e-1,
        1.72270e-1, 1.49341e-1, 1.30070e-1, 1.13812e-1, 1.00042e-1, 8.83321e-2, 7.83354e-2,
        6.97669e-2, 6.23931e-2,
    ],
    x: &[&[
        0.00000, 5.00000e-2, 1.00000e-1, 1.50000e-1, 2.00000e-1, 2.50000e-1, 3.00000e-1,
        3.50000e-1, 4.00000e-1, 4.50000e-1, 5.00000e-1, 5.50000e-1, 6.00000e-1, 6.50000e-1,
        7.00000e-1, 7.50000e-1, 8.00000e-1, 8.50000e-1, 9.00000e-1, 9.50000e-1, 1.00000, 1.05000,
        1.10000, 1.15000,
    ]],
    starts: [
        &[1.2, 0.3, 5.6, 5.5, 6.5, 7.6],
        &[0.5, 0.7, 3.6, 4.2, 4.0, 6.3],
    ],
    certified: Certified {
        parameters: &[
            9.6251029939e-2,
            1.0057332849,
            8.6424689056e-1,
            3.0078283915,
            1.5529016879,
            5.0028798100,
        ],
        standard_errors: &[
            6.6770575477e-4,
            3.3989646176e-3,
            1.7185846685e-3,
            4.1707005856e-3,
            2.3744381417e-3,
            1.3958787284e-3,
        ],
        residual_sum_of_squares: 2.2299428125e-11,
        residual_standard_deviation: 1.1130395851e-6,
    },
};
