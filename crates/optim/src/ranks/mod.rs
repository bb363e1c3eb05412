//! Fits whose rows are shared by the processes of a parallel program.
//!
//! Every process is a *rank*. Each has its own rows, all run the same program, and all get the same result with the same
//! bits. [`Fit::across`](crate::Fit::across) fits on ranks. The crate `leastwise-mpi` makes ranks of the processes of an MPI
//! program, and [`on_threads`] makes them of threads, to test such a program in one process.
//!
//! **What travels.** A step needs the triangle of [J r] of all rows, and sums such as the loss. Every rank reduces its own
//! rows, and results are merged in a binary tree: at distance d = 1, 2, 4 and so on, rank k + d sends to rank k, where k is
//! a multiple of 2d. The result of rank 0 returns the same way. No rank sends its rows.
//!
//! **Faults.** What travels is a result or an error, so all ranks see an error of one of them, with its number. A message also
//! states which step of the program it belongs to. If ranks are not at the same step, all end with an error, and none waits.

mod message;
mod threads;

pub use message::Message;
pub use threads::on_threads;

pub(crate) use message::{Number, Numbers};

use std::cell::{Cell, RefCell};
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};

use leastwise_core::{Error, Result};

use crate::caught;

/// Sends messages between the ranks of a parallel program. This is all that a library of message passing has to provide.
///
/// Two ranks exchange messages in order. A message is received by the rank to which it is sent. Sending may wait until it is
/// received.
pub trait Transport {
    /// The number of this rank, from 0.
    fn rank(&self) -> usize;

    /// The number of ranks, at least 1.
    fn count(&self) -> usize;

    /// Sends to another rank.
    ///
    /// # Errors
    /// Why the message cannot be sent.
    fn send(&self, to: usize, message: &[u8]) -> Result<(), String>;

    /// Waits for the next message of another rank.
    ///
    /// # Errors
    /// Why no message will come.
    fn receive(&self, from: usize) -> Result<Vec<u8>, String>;
}

/// The ranks of a parallel program, seen by one of them.
///
/// Functions that need all ranks, such as [`agree`](Self::agree), must be called by all of them in the same order. If a rank
/// calls another one, all return the same error.
pub struct Ranks {
    transport: Box<dyn Transport>,
    /// The number of exchanges so far.
    exchanges: Cell<u64>,
    sent: Cell<Sent>,
    /// Set once a rank has left the program.
    ended: RefCell<Option<Error>>,
}

/// What a rank has sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sent {
    /// The number of messages.
    pub messages: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl fmt::Debug for Ranks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ranks")
            .field("rank", &self.rank())
            .field("count", &self.count())
            .finish_non_exhaustive()
    }
}

/// What travels.
struct Packet<M> {
    /// The step of the program.
    tag: u64,
    /// Whether the sender leaves the program after this.
    is_last: bool,
    outcome: Result<M, Fault>,
}

/// The error of a rank.
#[derive(Clone, Debug)]
struct Fault {
    rank: usize,
    detail: String,
}

impl Fault {
    /// An error that names a rank already keeps it.
    fn new(rank: usize, error: &dyn fmt::Display) -> Self {
        let detail = error.to_string();
        let named = detail.strip_prefix("rank ").and_then(|text| {
            let (rank, detail) = text.split_once(": ")?;
            Some((rank.parse().ok()?, detail.to_owned()))
        });
        match named {
            Some((rank, detail)) => Self { rank, detail },
            None => Self { rank, detail },
        }
    }
}

impl Fault {
    fn into_error(self) -> Error {
        Error::Rank {
            rank: self.rank,
            detail: self.detail,
        }
    }
}

impl<M: Message> Packet<M> {
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.tag.write(&mut bytes);
        (self.is_last, self.outcome.is_ok()).write(&mut bytes);
        match &self.outcome {
            Ok(value) => value.write(&mut bytes),
            Err(fault) => (fault.rank, fault.detail.clone()).write(&mut bytes),
        }
        bytes
    }

    /// The packet of a rank from which one with `tag` is expected.
    fn of(mut bytes: &[u8], tag: u64, from: usize) -> Self {
        let bytes = &mut bytes;
        let mut read = || {
            let own = u64::read(bytes)?;
            let (is_last, is_ok) = <(bool, bool)>::read(bytes)?;
            let outcome = if !is_ok {
                let (rank, detail) = Message::read(bytes)?;
                Err(Fault { rank, detail })
            } else if own == tag {
                Ok(M::read(bytes)?)
            } else {
                Err(elsewhere(from))
            };
            Some(Self {
                tag,
                is_last,
                outcome,
            })
        };
        read().unwrap_or_else(|| Self {
            tag,
            is_last: false,
            outcome: Err(elsewhere(from)),
        })
    }
}

fn elsewhere(rank: usize) -> Fault {
    Fault {
        rank,
        detail: "is at another step of the program: all ranks must run the same program with the same arguments, on \
                 processors that round alike"
            .to_owned(),
    }
}

impl Ranks {
    /// The ranks that `transport` connects.
    #[must_use]
    pub fn new(transport: impl Transport + 'static) -> Self {
        Self {
            transport: Box::new(transport),
            exchanges: Cell::new(0),
            sent: Cell::default(),
            ended: RefCell::default(),
        }
    }

    /// Runs `program` on the ranks that `transport` connects. If it fails or panics on one of them, all return that error.
    ///
    /// # Errors
    /// [`Error::Rank`] with the error of the first rank that has one. With one rank, it has the number 0.
    pub fn run<R, E: fmt::Display>(
        transport: impl Transport + 'static,
        program: impl FnOnce(&Self) -> Result<R, E>,
    ) -> Result<R> {
        let ranks = Self::new(transport);
        let outcome = catch_unwind(AssertUnwindSafe(|| program(&ranks)));
        let outcome = match outcome {
            Ok(outcome) => outcome.map_err(|error| error.to_string()),
            Err(payload) => Err(format!(
                "the program panicked: {}",
                caught::message(&*payload)
            )),
        };
        ranks.end(outcome)
    }

    /// The number of this rank, from 0.
    #[must_use]
    pub fn rank(&self) -> usize {
        self.transport.rank()
    }

    /// The number of ranks.
    #[must_use]
    pub fn count(&self) -> usize {
        self.transport.count()
    }

    /// Whether this is rank 0, which alone should print.
    #[must_use]
    pub fn is_first(&self) -> bool {
        self.rank() == 0
    }

    /// What this rank has sent so far.
    #[must_use]
    pub fn sent(&self) -> Sent {
        self.sent.get()
    }

    /// `outcome`, if it is a success on all ranks. Call it after what may fail on a single rank, such as reading a file.
    ///
    /// # Errors
    /// [`Error::Rank`] with the error of the first rank that has one.
    pub fn agree<R, E: fmt::Display>(&self, outcome: Result<R, E>) -> Result<R> {
        let (value, own) = split(outcome, self.rank());
        self.exchange("agree", 0, false, own, |(), ()| Ok(()))?;
        value.ok_or_else(|| elsewhere(self.rank()).into_error())
    }

    /// The outcomes of all ranks, merged: `merge` gets one of some ranks, and one of the ranks after them. All ranks return
    /// the same bits.
    ///
    /// # Errors
    /// [`Error::Rank`] with the error of the first rank that has one.
    pub fn merge<M: Message, E: fmt::Display>(
        &self,
        outcome: Result<M, E>,
        merge: impl Fn(M, M) -> Result<M>,
    ) -> Result<M> {
        let own = outcome.map_err(|error| Fault::new(self.rank(), &error));
        self.exchange("merge", 0, false, own, merge)
    }

    /// The outcomes of all ranks, in their order.
    ///
    /// # Errors
    /// As [`merge`](Self::merge).
    pub fn gather<M: Message, E: fmt::Display>(&self, outcome: Result<M, E>) -> Result<Vec<M>> {
        self.merge(outcome.map(|value| vec![value]), |mut first, second| {
            first.extend(second);
            Ok(first)
        })
    }

    /// As [`merge`](Self::merge), for the step of a program with this name and `digest`, which must be those of all ranks.
    pub(crate) fn merge_at<M: Message>(
        &self,
        step: &'static str,
        digest: u64,
        outcome: Result<M>,
        merge: impl Fn(M, M) -> Result<M>,
    ) -> Result<M> {
        let own = outcome.map_err(|error| Fault::new(self.rank(), &error));
        self.exchange(step, digest, false, own, merge)
    }

    /// Leaves the program. Ranks that still wait for this one get its error.
    fn end<R, E: fmt::Display>(&self, outcome: Result<R, E>) -> Result<R> {
        let (value, own) = split(outcome, self.rank());
        self.exchange("end", 0, true, own, |(), ()| Ok(()))?;
        value.ok_or_else(|| elsewhere(self.rank()).into_error())
    }

    /// Merges up the tree, and sends the result down.
    fn exchange<M: Message>(
        &self,
        step: &'static str,
        digest: u64,
        is_last: bool,
        outcome: Result<M, Fault>,
        merge: impl Fn(M, M) -> Result<M>,
    ) -> Result<M> {
        if let Some(error) = &*self.ended.borrow() {
            return Err(error.clone());
        }
        let (rank, count) = (self.rank(), self.count());
        let exchange = self.exchanges.get();
        self.exchanges.set(exchange + 1);
        let mut packet = Packet {
            tag: hash(&(exchange, step, digest)),
            is_last,
            outcome,
        };
        let mut distance = 1;
        while distance < count && rank & distance == 0 {
            if rank + distance < count {
                let other = self.receive(rank + distance, packet.tag);
                packet = packet.merged(other, rank, &merge);
            }
            distance *= 2;
        }
        if rank > 0 {
            let parent = rank - distance;
            let is_sent = self.send(parent, &packet.bytes());
            let failed = is_sent.err().filter(|_| packet.outcome.is_ok());
            packet = match failed {
                Some(fault) => packet.lost(fault),
                None => self.receive(parent, packet.tag),
            };
        }
        let mut bytes = None;
        while distance > 1 {
            distance /= 2;
            if rank + distance < count {
                let bytes = bytes.get_or_insert_with(|| packet.bytes());
                // A rank that is gone is named by the next exchange.
                let _ = self.send(rank + distance, bytes);
            }
        }
        if packet.is_last {
            let outcome = packet.outcome.as_ref().err().cloned();
            let error = outcome.unwrap_or_else(|| Fault {
                rank,
                detail: "has left the parallel program already".to_owned(),
            });
            *self.ended.borrow_mut() = Some(error.into_error());
        }
        packet.outcome.map_err(Fault::into_error)
    }

    fn send(&self, to: usize, bytes: &[u8]) -> Result<(), Fault> {
        let mut sent = self.sent.get();
        sent.messages += 1;
        sent.bytes += bytes.len() as u64;
        self.sent.set(sent);
        let outcome = self.transport.send(to, bytes);
        outcome.map_err(|detail| Fault { rank: to, detail })
    }

    fn receive<M: Message>(&self, from: usize, tag: u64) -> Packet<M> {
        match self.transport.receive(from) {
            Ok(bytes) => Packet::of(&bytes, tag, from),
            Err(detail) => Packet {
                tag,
                is_last: true,
                outcome: Err(Fault { rank: from, detail }),
            },
        }
    }
}

impl<M> Packet<M> {
    fn merged(self, other: Self, rank: usize, merge: &impl Fn(M, M) -> Result<M>) -> Self {
        let outcome = match (self.outcome, other.outcome) {
            (Ok(first), Ok(second)) => {
                merge(first, second).map_err(|error| Fault::new(rank, &error))
            }
            (Err(fault), _) | (_, Err(fault)) => Err(fault),
        };
        Self {
            tag: self.tag,
            is_last: self.is_last || other.is_last,
            outcome,
        }
    }

    /// What remains if a rank is gone.
    fn lost(self, fault: Fault) -> Self {
        Self {
            outcome: Err(fault),
            is_last: true,
            ..self
        }
    }
}

fn split<R, E: fmt::Display>(outcome: Result<R, E>, rank: usize) -> (Option<R>, Result<(), Fault>) {
    match outcome {
        Ok(value) => (Some(value), Ok(())),
        Err(error) => (None, Err(Fault::new(rank, &error))),
    }
}

pub(crate) fn hash(value: &impl Hash) -> u64 {
    // Without random keys, so that all ranks have the same.
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
