//! The parent's side: workers that are started when they are needed, and started again when they were lost.

use std::collections::HashMap;
use std::io::{BufReader, BufWriter};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use super::protocol::{self, Reply, Request};
use crate::error::{Context, Error};
use crate::model::Fault;
use crate::record::EngineRecord;

/// How workers are started.
#[derive(Clone, Debug)]
pub(crate) struct Crew {
    /// The number of threads of every library.
    threads: usize,
    /// The time limit of a request.
    budget: Duration,
    faults: Vec<Fault>,
    program: PathBuf,
}

/// The reason why there is no reply.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Lost {
    /// The worker took longer than the budget and was killed.
    TimedOut(Duration),
    /// The worker ended by itself.
    Died(String),
    /// The worker could not carry out the request, but still runs.
    Failed(String),
}

impl std::fmt::Display for Lost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TimedOut(budget) => {
                write!(f, "no answer within {} s", budget.as_secs_f64())
            }
            Self::Died(how) => write!(f, "the process died: {how}"),
            Self::Failed(reason) => f.write_str(reason),
        }
    }
}

impl Crew {
    pub(crate) fn new(threads: usize, budget: Duration, faults: Vec<Fault>) -> Result<Self, Error> {
        Ok(Self {
            threads,
            budget,
            faults,
            program: std::env::current_exe().context("cannot find this program")?,
        })
    }

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
        let mut worker = Worker::start(self, backend)?;
        match worker.receive(self.budget)? {
            Reply::Hello(engine) => Ok(engine),
            other => Err(unexpected(&other)),
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
        let answered = worker.ask(request, self.crew.budget);
        if matches!(answered, Err(Lost::TimedOut(_) | Lost::Died(_))) {
            self.workers.remove(backend);
        }
        answered
    }

    fn start(&mut self, backend: &str) -> Result<(), Lost> {
        let mut worker = Worker::start(self.crew, backend)?;
        worker.receive(self.crew.budget)?;
        match worker.ask(&self.load, self.crew.budget)? {
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

/// Makes glibc keep the memory that a call frees. By default, glibc returns it to the system above some
/// sizes, depending on the memory beside it, and the next call pays for new pages. Then the same cell takes a
/// third longer, or three times as long, in one process than in another.
const KEEP_FREED_MEMORY: [(&str, &str); 2] = [
    // The largest value that glibc accepts.
    ("MALLOC_MMAP_THRESHOLD_", "33554432"),
    ("MALLOC_TRIM_THRESHOLD_", "1073741824"),
];

struct Worker {
    child: Child,
    input: BufWriter<ChildStdin>,
    replies: Receiver<Reply>,
}

impl Worker {
    fn start(crew: &Crew, backend: &str) -> Result<Self, Lost> {
        let threads = crew.threads.to_string();
        let mut command = Command::new(&crew.program);
        command
            .args(["worker", "--backend", backend, "--threads", &threads])
            // Libraries that size their thread pools by the environment get the same number.
            .envs([
                ("RAYON_NUM_THREADS", &threads),
                ("OPENBLAS_NUM_THREADS", &threads),
                ("OMP_NUM_THREADS", &threads),
            ])
            .envs(KEEP_FREED_MEMORY)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut faults = crew.faults.iter();
        if let Some(fault) = faults.find(|fault| fault.concerns(backend)) {
            command.args(["--plant", fault.text()]);
        }
        let cannot_start = |why: String| Lost::Died(format!("cannot start it: {why}"));
        let mut child = command
            .spawn()
            .map_err(|error| cannot_start(error.to_string()))?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(cannot_start("it has no pipes".to_owned()));
        };
        let (sender, replies) = channel();
        // The thread ends with the worker's output, or with the receiver.
        std::thread::spawn(move || {
            let mut output = BufReader::new(output);
            while let Ok(Some(reply)) = protocol::receive(&mut output) {
                if sender.send(reply).is_err() {
                    break;
                }
            }
        });
        Ok(Self {
            child,
            input: BufWriter::new(input),
            replies,
        })
    }

    fn ask(&mut self, request: &Request, budget: Duration) -> Result<Reply, Lost> {
        if protocol::send(&mut self.input, request).is_err() {
            return Err(self.death());
        }
        match self.receive(budget)? {
            Reply::Failed(reason) => Err(Lost::Failed(reason)),
            reply => Ok(reply),
        }
    }

    fn receive(&mut self, budget: Duration) -> Result<Reply, Lost> {
        match self.replies.recv_timeout(budget) {
            Ok(reply) => Ok(reply),
            Err(RecvTimeoutError::Timeout) => Err(Lost::TimedOut(budget)),
            Err(RecvTimeoutError::Disconnected) => Err(self.death()),
        }
    }

    fn death(&mut self) -> Lost {
        match self.child.wait() {
            Ok(status) => Lost::Died(status.to_string()),
            Err(error) => Lost::Died(error.to_string()),
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // The process may have ended already. Then the kill fails, and nothing remains to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The error for a reply to another request.
pub(crate) fn unexpected(reply: &Reply) -> Lost {
    Lost::Failed(format!("an unexpected reply: {}", reply.kind()))
}
