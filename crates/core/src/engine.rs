//! The description of a backend.

use crate::Method;

/// A linear-algebra library that implements the contracts of this crate.
pub trait Engine {
    /// Name, version, threads and methods; cheap to call.
    fn info(&self) -> EngineInfo;
}

/// The facts that every result of a backend is reported with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineInfo {
    /// The name by which a user chooses the backend, such as `faer`.
    pub name: &'static str,
    /// The libraries that do the work, such as `ndarray+linfa`.
    pub engine: &'static str,
    /// The versions of those libraries, in the same order.
    pub version: &'static str,
    /// The number of threads that the library may use.
    pub threads: usize,
    /// The kernel behind matrix products. Backends that share a kernel do not confirm each other's
    /// products, and should be equally fast at large ones.
    pub product_kernel: &'static str,
    /// Each method that the backend has, with the algorithm behind it.
    pub methods: &'static [(Method, &'static str)],
}

impl EngineInfo {
    /// Whether the backend has `method`.
    #[must_use]
    pub fn has(&self, method: Method) -> bool {
        self.methods.iter().any(|(known, _)| *known == method)
    }
}
