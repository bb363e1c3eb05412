//! A backend of your own beside those of Leastwise, with the tables and the page of `cargo xtask compare`.

use std::process::ExitCode;

use leastwise_harness::Comparison;
use leastwise_plain::Plain;

fn main() -> ExitCode {
    // A library with threads takes their number from the closure: `Mine::with_threads`.
    let comparison = Comparison::new().backend(|_threads| Plain);
    comparison.run_with(leastwise_studies::report)
}
