//! mdarray-linalg 0.2.1 over its backend faer.

use leastwise_contender::{Library, Method, mdarray};
use leastwise_core::EngineInfo;
use mdarray_linalg_faer::Faer;

/// The library.
pub fn library() -> Library {
    mdarray::library::<OverFaer>("mdarray-faer", "mdarray-linalg-faer")
}

/// The backend with its description.
#[derive(Clone, Copy, Debug)]
pub struct OverFaer;

impl mdarray::Over for OverFaer {
    type Backend = Faer;
    const INFO: EngineInfo = EngineInfo {
        name: "mdarray-faer-backend",
        engine: "mdarray-linalg-faer-backend",
        version: "0.2.1",
        threads: 1,
        product_kernel: "mdarray-linalg-faer",
        methods: &[(Method::Svd, "QR, svd")],
    };
}
