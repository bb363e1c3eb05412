//! The parent's side: workers that are started when they are needed, and started again when they were lost.

use std::collections::HashMap;
use std::time::Duration;

use super::protocol::{Reply, Request};
use crate::model::Fault;
use crate::process::{CONTENDER_MEMORY, Lost, Process};
use crate::record::EngineRecord;

type Worker = Process<Request, Reply>;

/// How workers are started.
#[derive(Clone, Debug)]
pub(crate) struct Crew {
    /// The number of threads of every library.
    pub(crate) threads: usize,
    /// The time limit of a request.
    pub(crate) budget: Duration,
    pub(crate) faults: Vec<Fault>,
    /// The names of the contenders. Their processes may take at most [`CONTENDER_MEMORY`].
    pub(crate) contenders: Vec<&'static str>,
}

impl Crew {
    /// Workers that have all loaded the same case. Each is started at its first request. The numbers that
    /// they draw must have this checksum.
    pub(crate) fn on(&self, load: Request, fingerprint: u64) -> Team<'_> {
        Team {
            crew: self,
            load,
            fingerprint,
            workers: HashMap::new(),
        }
    }

    /// The description that a backend gives of itself, in a process of its own.
    pub(crate) fn introduce(&self, backend: &str) -> Result<EngineRecord, Lost> {
        self.start(backend).map(|(_, engine)| engine)
    }

    /// Starts a worker, and receives its introduction.
    fn start(&self, backend: &str) -> Result<(Worker, EngineRecord), Lost> {
        let threads = self.threads.to_string();
        let mut arguments = ["worker", "--backend", backend, "--threads", &threads].to_vec();
        let mut faults = self.faults.iter();
        if let Some(fault) = faults.find(|fault| fault.concerns(backend)) {
            arguments.extend(["--plant", fault.text()]);
        }
        let arguments: Vec<String> = arguments.into_iter().map(str::to_owned).collect();
        let mut worker = if self.contenders.contains(&backend) {
            Worker::start_within(&arguments, self.threads, CONTENDER_MEMORY)?
        } else {
            Worker::start(&arguments, self.threads)?
        };
        match worker.receive(self.budget)? {
            Reply::Hello(engine) => Ok((worker, engine)),
            other => Err(unexpected(&other)),
        }
    }

    fn ask(&self, worker: &mut Worker, request: &Request) -> Result<Reply, Lost> {
        match worker.ask(request, self.budget)? {
            Reply::Failed(reason) => Err(Lost::Failed(reason)),
            reply => Ok(reply),
        }
    }
}

/// The workers of one case.
pub(crate) struct Team<'c> {
    crew: &'c Crew,
    load: Request,
    fingerprint: u64,
    workers: HashMap<String, Worker>,
}

impl Team<'_> {
    /// Sends a request to the worker of a backend. A worker that was lost is replaced at the next request.
    pub(crate) fn ask(&mut self, backend: &str, request: &Request) -> Result<Reply, Lost> {
        if !self.workers.contains_key(backend) {
            self.start(backend)?;
        }
        let Some(worker) = self.workers.get_mut(backend) else {
            return Err(Lost::Died("it was not started".to_owned()));
        };
        let answered = self.crew.ask(worker, request);
        if matches!(answered, Err(Lost::TimedOut(_) | Lost::Died(_))) {
            self.workers.remove(backend);
        }
        answered
    }

    fn start(&mut self, backend: &str) -> Result<(), Lost> {
        let (mut worker, _) = self.crew.start(backend)?;
        match self.crew.ask(&mut worker, &self.load)? {
            Reply::Loaded(fingerprint) if fingerprint == self.fingerprint => {
                self.workers.insert(backend.to_owned(), worker);
                Ok(())
            }
            Reply::Loaded(_) => Err(Lost::Failed(
                "the numbers that the process drew have another checksum".to_owned(),
            )),
            other => Err(unexpected(&other)),
        }
    }
}

/// The error for a reply to another request.
pub(crate) fn unexpected(reply: &Reply) -> Lost {
    Lost::Failed(format!("an unexpected reply: {}", reply.kind()))
}
