//! The processes of an MPI program as ranks.

use std::fmt;
use std::process::{ExitCode, Termination};

use leastwise_core::{Error, Result};
use leastwise_optim::ranks::{Ranks, Transport};
use mpi::topology::SimpleCommunicator;
use mpi::traits::{Communicator, CommunicatorCollectives, Destination, Source};

/// All processes of the program.
struct World(SimpleCommunicator);

impl World {
    fn process(rank: usize) -> Result<i32, String> {
        i32::try_from(rank).map_err(|_| format!("is not a rank of MPI: {rank}"))
    }
}

impl Transport for World {
    fn rank(&self) -> usize {
        usize::try_from(self.0.rank()).unwrap_or(0)
    }

    fn count(&self) -> usize {
        usize::try_from(self.0.size()).unwrap_or(1)
    }

    fn send(&self, to: usize, message: &[u8]) -> Result<(), String> {
        // MPI counts by 32-bit integers.
        if i32::try_from(message.len()).is_err() {
            return Err(format!(
                "cannot receive a message of {} bytes",
                message.len()
            ));
        }
        self.0.process_at_rank(Self::process(to)?).send(message);
        Ok(())
    }

    fn receive(&self, from: usize) -> Result<Vec<u8>, String> {
        let (message, _) = self.0.process_at_rank(Self::process(from)?).receive_vec();
        Ok(message)
    }
}

/// Runs `program` on all processes of an MPI program, and returns what it returns on this one.
///
/// MPI is initialised before and finalised after, so call it once. If the program fails or panics on one rank, it ends on
/// all of them with the same error.
///
/// ```no_run
/// use leastwise_core::Error;
///
/// let sum = leastwise_mpi::run(|ranks| {
///     ranks.merge(Ok::<_, Error>(ranks.rank() as u64), |a, b| Ok(a + b))
/// })?;
/// println!("{sum}");
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// [`Error::Rank`] with the first rank that has an error, and its error. [`Error::InvalidArgument`] if MPI is initialised
/// already.
pub fn run<R, E: fmt::Display>(program: impl FnOnce(&Ranks) -> Result<R, E>) -> Result<R> {
    run_and_report(program, |_| ())
}

/// As [`run`], and rank 0 reports the error before any process ends: as soon as one has ended with a failure, `mpirun` kills
/// the others.
fn run_and_report<R, E: fmt::Display>(
    program: impl FnOnce(&Ranks) -> Result<R, E>,
    report: impl FnOnce(&Error),
) -> Result<R> {
    let Some(universe) = mpi::initialize() else {
        let error = Error::InvalidArgument {
            operation: "leastwise_mpi::run",
            argument: "program",
            detail: "must be the only one that initialises MPI, but MPI is initialised already"
                .to_owned(),
        };
        report(&error);
        return Err(error);
    };
    let world = universe.world();
    let outcome = Ranks::run(World(universe.world()), program);
    if let Err(error) = &outcome {
        if world.rank() == 0 {
            report(error);
        }
        world.barrier();
    }
    outcome
}

/// The `main` of an MPI program: as [`run`], and rank 0 prints the error as one line. The exit code is then 1 on all ranks.
/// Otherwise, it is that of what `program` returns, such as 0 for `()`.
///
/// A panic of `program` is such an error, and prints nothing else unless the environment has `RUST_BACKTRACE`.
///
/// ```no_run
/// use std::process::ExitCode;
/// use leastwise_core::Error;
///
/// fn main() -> ExitCode {
///     leastwise_mpi::main(|ranks| {
///         if ranks.is_first() {
///             println!("{} ranks", ranks.count());
///         }
///         Ok::<_, Error>(())
///     })
/// }
/// ```
pub fn main<R: Termination, E: fmt::Display>(
    program: impl FnOnce(&Ranks) -> Result<R, E>,
) -> ExitCode {
    if std::env::var_os("RUST_BACKTRACE").is_none() {
        std::panic::set_hook(Box::new(|_| {}));
    }
    // One write, because mpirun writes between the pieces of a line.
    let print = |error: &Error| {
        let line = format!("error: {error}\n");
        eprint!("{line}");
    };
    match run_and_report(program, print) {
        Ok(value) => value.report(),
        Err(_) => ExitCode::FAILURE,
    }
}
