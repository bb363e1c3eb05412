//! Measures a backend of your own beside those of Leastwise. docs/ci.md describes what a repository needs for
//! it.

use std::process::ExitCode;

use leastwise_harness::Comparison;
use leastwise_plain::Plain;

fn main() -> ExitCode {
    // A library with threads takes their number from the closure: `Mine::with_threads`.
    Comparison::new().backend(|_threads| Plain).run()
}
