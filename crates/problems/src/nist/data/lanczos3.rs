//! Lanczos3. Lanczos, C. (1956). Applied Analysis. Englewood Cliffs, NJ: Prentice Hall, pp.
//! 272-280.

use crate::nist::data_set::{Certified, DataSet, Difficulty};
use crate::nist::model::Model;

pub(super) const DATA_SET: DataSet = DataSet {
    name: "Lanczos3",
    difficulty: Difficulty::Lower,
    model: Model::Lanczos,
    y: &[
        2.5134, 2.0443, 1.6684, 1.3664, 1.1232, 0.9269, 0.7679, 0.6389, 0.5338, 0.4479, 0.3776,
        0.3197, 0.2720, 0.2325, 0.1997, 0.1723, 0.1493, 0.1301, 0.1138, 0.1000, 0.0883, 0.0783,
        0.0698, 0.0624,
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
            8.6816414977e-2,
            9.5498101505e-1,
            8.4400777463e-1,
            2.9515951832,
            1.5825685901,
            4.9863565084,
        ],
        standard_errors: &[
            1.7197908859e-2,
            9.7041624475e-2,
            4.1488663282e-2,
            1.0766312506e-1,
            5.8371576281e-2,
            3.4436403035e-2,
        ],
        residual_sum_of_squares: 1.6117193594e-8,
        residual_standard_deviation: 2.9923229172e-5,
    },
};
