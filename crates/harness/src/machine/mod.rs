//! What a time depends on besides the code: the machine it ran on and the build that ran.
//!
//! A result travels without its machine, so these facts stand in every report. They name no host
//! and no user, unless somebody's RUSTFLAGS do. What the system does not tell is
//! absent, never guessed and never an error: Linux tells all of it, other systems little.

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
