//! The process of a library: it solves what is requested on its input.

use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::str::FromStr;

use anyhow::Context;
use leastwise_core::{Error, LstsqOptions, Mat, Method};
use leastwise_harness::library::{Answer, Called, Library};
use leastwise_harness::model::ScalarType;
use leastwise_harness::process::Requests;

use super::message::{Reply, Request, Solved, Task, Way, drawn};
use crate::by_size::sampler;
use crate::error::bad_input;

/// The command that starts the process.
pub(crate) const COMMAND: &str = "library-worker";

/// The number of samples of which a time is the median.
const SAMPLES: usize = 5;

/// The flags of the process.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct DeskArgs {
    /// The name of the library
    library: String,
}

/// Answers requests until the input ends.
///
/// # Errors
/// [`BadInput`](crate::error::BadInput) for an unknown library; errors of the pipes.
pub(crate) fn work(args: &DeskArgs) -> anyhow::Result<()> {
    // Otherwise, the parts of faer that do not take the parallelism as an argument use all threads.
    faer::set_global_parallelism(faer::Par::Seq);
    let all = super::all();
    let Some(library) = all.iter().find(|library| library.name == args.library) else {
        return Err(bad_input(format!("{:?} is not a library", args.library)));
    };
    // A panic is an answer, so its message is not printed.
    panic::set_hook(Box::new(|_| ()));
    let mut requests = Requests::<Request, Reply>::default();
    while let Some(request) = requests.receive()? {
        requests.reply(&reply(library, &request)?)?;
    }
    Ok(())
}

/// Carries out a request.
///
/// # Errors
/// A request that does not fit the library.
pub(crate) fn reply(library: &Library, request: &Request) -> anyhow::Result<Reply> {
    match request.scalar {
        ScalarType::F32 => reply_in::<f32>(library, request),
        ScalarType::F64 => reply_in::<f64>(library, request),
    }
}

fn reply_in<T: Called>(library: &Library, request: &Request) -> anyhow::Result<Reply> {
    let solver = Solver::<T>::new(library, &request.way)?;
    Ok(match &request.task {
        Task::Solve(system) => {
            let (a, b) = system.matrices()?;
            Reply::Solved(vec![solver.solve(&a, &b)])
        }
        Task::Draws { from, count } => {
            let narrow = |x: &Mat<f64>| Mat::from_fn(x.rows(), x.cols(), |i, j| T::of(x[(i, j)]));
            let solve = |number| {
                let (a, b) = drawn(number);
                solver.solve(&narrow(&a), &narrow(&b))
            };
            Reply::Solved((*from..from + count).map(solve).collect())
        }
        Task::Time(system) => {
            let (a, b) = system.matrices()?;
            let call = || -> anyhow::Result<()> {
                std::hint::black_box(solver.solve(&a, &b));
                Ok(())
            };
            let mut sample = sampler(call)?;
            let mut times = (0..SAMPLES)
                .map(|_| sample())
                .collect::<anyhow::Result<Vec<f64>>>()?;
            times.sort_by(f64::total_cmp);
            Reply::Time(times[SAMPLES / 2])
        }
    })
}

/// One way to solve.
enum Solver<T> {
    Call(leastwise_harness::library::Solve<T>),
    Backend(Box<dyn leastwise_core::Backend<T>>, LstsqOptions<T>),
    /// The library has no such call for this scalar type.
    Missing,
}

impl<T: Called> Solver<T> {
    fn new(library: &Library, way: &Way) -> anyhow::Result<Self> {
        Ok(match way {
            Way::Call(number) => {
                // Both scalar types have the same calls, unless the library lacks one.
                let call = T::calls(library).get(*number);
                call.map_or(Self::Missing, |call| Self::Call(call.solve))
            }
            Way::Backend(method) => {
                let backend = T::backend(library).context("the library has no backend")?;
                Self::Backend(backend, LstsqOptions::new(Method::from_str(method)?))
            }
        })
    }

    fn solve(&self, a: &Mat<T>, b: &Mat<T>) -> Solved {
        let x = |x: &Mat<T>, rank| {
            let entries = x.data().iter().map(|xi| xi.as_f64()).collect();
            Solved::X(entries, rank)
        };
        let solved = catch_unwind(AssertUnwindSafe(|| match self {
            Self::Missing => Solved::NotOffered,
            Self::Call(solve) => match solve(a, b) {
                Answer::X(found) => x(&found, None),
                Answer::Refused => Solved::Refused,
                Answer::NotOffered => Solved::NotOffered,
            },
            Self::Backend(backend, options) => {
                match backend.lstsq(a.as_ref(), b.as_ref(), options) {
                    Ok(solution) => x(&solution.x, Some(solution.rank)),
                    Err(Error::Unsupported { .. }) => Solved::NotOffered,
                    Err(_) => Solved::Refused,
                }
            }
        }));
        solved.unwrap_or(Solved::Panicked)
    }
}
