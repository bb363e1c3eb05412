//! mdarray-linalg 0.2.1 over its backend nalgebra.

use leastwise_contender::{Library, Method, mdarray};
use leastwise_core::EngineInfo;
use mdarray_linalg_nalgebra::Nalgebra;

/// The library.
pub fn library() -> Library {
    mdarray::library::<OverNalgebra>("mdarray-nalgebra", "mdarray-linalg-nalgebra")
}

/// The backend with its description.
#[derive(Clone, Copy, Debug)]
pub struct OverNalgebra;

impl mdarray::Over for OverNalgebra {
    type Backend = Nalgebra;
    const INFO: EngineInfo = EngineInfo {
        name: "mdarray-nalgebra-backend",
        engine: "mdarray-linalg-nalgebra-backend",
        version: "0.2.1",
        threads: 1,
        product_kernel: "mdarray-linalg-nalgebra",
        methods: &[(Method::Svd, "QR, svd")],
    };
}
