//! Ranks that are threads of one process.

use std::fmt;
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, ScopedJoinHandle};

use leastwise_core::Result;

use super::{Ranks, Transport};

/// The connections of a thread to all threads, by rank.
struct Thread {
    rank: usize,
    to: Vec<Sender<Vec<u8>>>,
    from: Vec<Receiver<Vec<u8>>>,
}

impl Transport for Thread {
    fn rank(&self) -> usize {
        self.rank
    }

    fn count(&self) -> usize {
        self.to.len()
    }

    fn send(&self, to: usize, message: &[u8]) -> Result<(), String> {
        let outcome = self.to[to].send(message.to_vec());
        outcome.map_err(|_| GONE.to_owned())
    }

    fn receive(&self, from: usize) -> Result<Vec<u8>, String> {
        self.from[from].recv().map_err(|_| GONE.to_owned())
    }
}

const GONE: &str = "has left the parallel program";

/// Runs `program` on `count` ranks that are threads of this process, and returns what each of them returns, as
/// [`Ranks::run`] does. It is for tests of parallel programs. [`Fit::with_threads`](crate::Fit::with_threads) is the faster
/// way to fit on threads.
///
/// ```
/// use leastwise_core::Error;
/// use leastwise_optim::ranks::on_threads;
///
/// let sums = on_threads(3, |ranks| {
///     let own = Ok::<_, Error>(ranks.rank() as u64 + 1);
///     ranks.merge(own, |a, b| Ok(a + b))
/// });
/// assert!(sums.iter().all(|sum| *sum == Ok(6)));
///
/// let failures = on_threads(2, |ranks| match ranks.rank() {
///     0 => ranks.agree(Ok::<_, String>(())),
///     _ => ranks.agree(Err("data.npy: no such file".to_owned())),
/// });
/// for failure in failures {
///     assert_eq!(failure.unwrap_err().to_string(), "rank 1: data.npy: no such file");
/// }
/// ```
///
/// # Panics
/// If the system provides no thread.
pub fn on_threads<R, E>(
    count: usize,
    program: impl Fn(&Ranks) -> Result<R, E> + Sync,
) -> Vec<Result<R>>
where
    R: Send,
    E: fmt::Display,
{
    let mut threads: Vec<Thread> = (0..count)
        .map(|rank| Thread {
            rank,
            to: Vec::new(),
            from: Vec::new(),
        })
        .collect();
    for to in 0..count {
        for from in 0..count {
            let (sender, receiver) = channel();
            threads[from].to.push(sender);
            threads[to].from.push(receiver);
        }
    }
    let program = &program;
    thread::scope(|scope| {
        let running: Vec<_> = threads
            .into_iter()
            .map(|thread| scope.spawn(move || Ranks::run(thread, program)))
            .collect();
        let outcomes = running.into_iter().map(ScopedJoinHandle::join);
        outcomes
            .map(|outcome| outcome.unwrap_or_else(|payload| resume_unwind(payload)))
            .collect()
    })
}
