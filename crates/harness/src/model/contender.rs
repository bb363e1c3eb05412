//! A contender of a case.

use serde::{Deserialize, Serialize};

/// A library with its method, called through its adapter or directly.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Contender {
    /// The name of the backend.
    pub backend: String,
    /// The name of the method. `None` for a product.
    pub method: Option<String>,
    /// Whether the library is called directly, without its adapter.
    pub control: bool,
}
