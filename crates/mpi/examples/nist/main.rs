//! Fits the data sets of NIST, whose rows are dealt out to the ranks: `mpirun -n 3 nist`.
//!
//! If there are more than two ranks, rank 1 has no row. Rank 0 prints a line for each data set and start: the number of
//! steps, and then the parameters and their standard errors with every bit, as hexadecimal numbers.

mod part;

use std::process::ExitCode;

use leastwise_core::{Error, Result};

fn main() -> ExitCode {
    leastwise_mpi::main(|ranks| -> Result<()> {
        let all = ranks.gather(part::fit_all(ranks))?;
        if all.iter().any(|other| *other != all[0]) {
            return Err(Error::InvalidArgument {
                operation: "nist",
                argument: "ranks",
                detail: "must have the same bits, but do not".to_owned(),
            });
        }
        if ranks.is_first() {
            println!("{}", all[0].join("\n"));
        }
        Ok(())
    })
}
