//! Who takes part in a case.

use serde::{Deserialize, Serialize};

/// A library with the method that it uses, through its adapter or by hand.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Contender {
    /// The name of the backend.
    pub backend: String,
    /// `None` for a product.
    pub method: Option<String>,
    /// Whether the library is called by hand, without the adapter.
    pub control: bool,
}
