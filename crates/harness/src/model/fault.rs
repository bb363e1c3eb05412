//! Faults that the tests plant, to check that they are found.

use std::str::FromStr;
use std::time::{Duration, Instant};

use super::contender::Contender;
use super::outcome::Outcome;

/// A fault that a worker makes on purpose, and the contender that it affects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    kind: Kind,
    backend: String,
    /// `None` for every method and for products.
    method: Option<String>,
    text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// An entry of every result is wrong by a millionth.
    Wrong,
    /// Every call takes 5 % longer.
    Slow,
    /// The process never answers a request to solve.
    Hang,
    /// The process ends while it handles a request to solve.
    Crash,
    /// The library panics.
    Panic,
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, whom) = text.split_once(':').ok_or_else(|| {
            format!("must be FAULT:BACKEND or FAULT:BACKEND/METHOD, but it is {text:?}")
        })?;
        let (backend, method) = match whom.split_once('/') {
            Some((backend, method)) => (backend, Some(method.to_owned())),
            None => (whom, None),
        };
        let kind = match kind {
            "wrong" => Kind::Wrong,
            "slow" => Kind::Slow,
            "hang" => Kind::Hang,
            "crash" => Kind::Crash,
            "panic" => Kind::Panic,
            other => return Err(format!("there is no fault {other:?}")),
        };
        Ok(Self {
            kind,
            backend: backend.to_owned(),
            method,
            text: text.to_owned(),
        })
    }
}

impl Fault {
    /// The fault as it is written on the command line.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn concerns(&self, backend: &str) -> bool {
        self.backend == backend
    }

    /// Whether the fault affects this contender. It is in the adapter, not in the library.
    pub(crate) fn hits(&self, contender: &Contender) -> bool {
        let by_method = self.method.is_none() || self.method == contender.method;
        self.concerns(&contender.backend) && by_method && !contender.control
    }

    /// The part of the fault that comes before a result.
    pub(crate) fn before(&self) {
        match self.kind {
            Kind::Hang => std::thread::sleep(Duration::from_hours(1)),
            Kind::Crash => std::process::abort(),
            Kind::Panic => panic!("a planted panic"),
            Kind::Wrong | Kind::Slow => {}
        }
    }

    /// Changes an entry of a result.
    pub(crate) fn spoil(&self, outcome: &mut Outcome) {
        if let (Kind::Wrong, Outcome::Matrix { entries, .. }) = (self.kind, outcome)
            && let Some(last) = entries.last_mut()
        {
            *last *= 1.0 + 1e-6;
        }
    }

    /// Delays a call that took `elapsed`.
    pub(crate) fn delay(&self, elapsed: Duration) {
        if self.kind == Kind::Slow {
            let start = Instant::now();
            while start.elapsed() < elapsed / 20 {
                std::hint::spin_loop();
            }
        }
    }
}
