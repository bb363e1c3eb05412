//! The machine and the build, on which times depend besides the code.
//!
//! Results are read on other machines, so every report contains these facts. They name neither host nor user,
//! unless RUSTFLAGS do. A fact that the system does not report is absent: it is neither guessed nor an error.
//! Linux reports all of them, and other systems report few.

mod build;
mod checkout;
mod cpuinfo;
mod host;
mod lines;
#[cfg(test)]
mod samples;
mod simd;
mod sysfs;
mod versions;
mod warnings;

pub use build::Build;
pub use host::Machine;
pub use sysfs::{Cache, CacheKind};
pub use warnings::worth_a_warning;
