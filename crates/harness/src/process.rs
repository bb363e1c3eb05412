//! The processes in which contenders are timed. A process is the same program with other arguments, and replies to
//! requests on its pipes.
//!
//! Each contender, or each library, has a process of its own. So thread pools do not disturb each other, and a library
//! that crashes or hangs loses its own answers only.

use std::fmt::{self, Display};
use std::io::{self, BufReader, BufWriter, Read, StdinLock, StdoutLock, Write};
use std::marker::PhantomData;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Context, Result};

/// The reason why there is no reply.
#[derive(Clone, Debug, PartialEq)]
pub enum Lost {
    /// The process took longer than the budget.
    TimedOut(Duration),
    /// The process ended by itself.
    Died(String),
    /// The process could not carry out the request, but still runs.
    Failed(String),
}

impl Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut(budget) => {
                write!(f, "no answer within {} s", budget.as_secs_f64())
            }
            Self::Died(how) => write!(f, "the process died: {how}"),
            Self::Failed(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for Lost {}

/// Makes glibc keep the memory that a call frees. By default, glibc returns it to the system above some
/// sizes, depending on the memory beside it, and the next call pays for new pages. Then the same cell takes a
/// third longer, or three times as long, in one process than in another.
const KEEP_FREED_MEMORY: [(&str, &str); 2] = [
    // The largest value that glibc accepts.
    ("MALLOC_MMAP_THRESHOLD_", "33554432"),
    ("MALLOC_TRIM_THRESHOLD_", "1073741824"),
];

/// The bytes of memory that the process of a contender may take. Some SVDs compute all m×m entries of U.
pub const CONTENDER_MEMORY: u64 = 4 << 30;

/// The parent's end of a process that replies to requests `Q` with `A`. The process is killed when this value is
/// dropped.
pub struct Process<Q, A> {
    child: Child,
    input: BufWriter<ChildStdin>,
    replies: Receiver<A>,
    requests: PhantomData<fn(Q)>,
}

impl<Q: Serialize, A: DeserializeOwned + Send + 'static> Process<Q, A> {
    /// Starts this program with these arguments. Libraries that size their thread pools by the environment get
    /// this number of threads.
    ///
    /// # Errors
    /// [`Lost::Died`] if the system cannot start the process.
    pub fn start(arguments: &[String], threads: usize) -> Result<Self, Lost> {
        let program = this_program()?;
        Self::spawn(Command::new(program).args(arguments), threads)
    }

    /// As [`start`](Self::start), but the process may take at most this many bytes of memory, if the system has a shell
    /// that can limit it. A library that allocates more ends its process instead of those of others.
    ///
    /// # Errors
    /// As for [`start`](Self::start).
    pub fn start_within(arguments: &[String], threads: usize, bytes: u64) -> Result<Self, Lost> {
        if !cfg!(unix) {
            return Self::start(arguments, threads);
        }
        let script = format!("ulimit -v {}; exec \"$0\" \"$@\"", bytes / 1024);
        let mut shell = Command::new("sh");
        shell
            .arg("-c")
            .arg(script)
            .arg(this_program()?)
            .args(arguments);
        Self::spawn(&mut shell, threads)
    }

    fn spawn(command: &mut Command, threads: usize) -> Result<Self, Lost> {
        let threads = threads.to_string();
        let mut child = command
            .envs([
                ("RAYON_NUM_THREADS", &threads),
                ("OPENBLAS_NUM_THREADS", &threads),
                ("OMP_NUM_THREADS", &threads),
            ])
            .envs(KEEP_FREED_MEMORY)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(cannot_start)?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(cannot_start("it has no pipes"));
        };
        let (sender, replies) = channel();
        // The thread ends with the output of the process, or with the receiver.
        std::thread::spawn(move || {
            let mut output = BufReader::new(output);
            while let Ok(Some(reply)) = receive(&mut output) {
                if sender.send(reply).is_err() {
                    break;
                }
            }
        });
        Ok(Self {
            child,
            input: BufWriter::new(input),
            replies,
            requests: PhantomData,
        })
    }

    /// Sends a request, and returns its reply. The process may take as long as `budget`.
    ///
    /// # Errors
    /// [`Lost::TimedOut`] if the process is too slow, and [`Lost::Died`] if it has ended.
    pub fn ask(&mut self, request: &Q, budget: Duration) -> Result<A, Lost> {
        if send(&mut self.input, request).is_err() {
            return Err(self.death());
        }
        self.receive(budget)
    }

    /// The next reply.
    ///
    /// # Errors
    /// As for [`ask`](Self::ask).
    pub fn receive(&mut self, budget: Duration) -> Result<A, Lost> {
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

fn cannot_start(why: impl Display) -> Lost {
    Lost::Died(format!("cannot start the process: {why}"))
}

fn this_program() -> Result<PathBuf, Lost> {
    std::env::current_exe().map_err(cannot_start)
}

impl<Q, A> Drop for Process<Q, A> {
    fn drop(&mut self) {
        // The process may have ended already. Then the kill fails, and nothing remains to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The process's own end: its stdin and stdout.
pub struct Requests<Q, A> {
    input: StdinLock<'static>,
    output: StdoutLock<'static>,
    messages: PhantomData<fn(A) -> Q>,
}

impl<Q: DeserializeOwned, A: Serialize> Default for Requests<Q, A> {
    fn default() -> Self {
        Self {
            input: io::stdin().lock(),
            output: io::stdout().lock(),
            messages: PhantomData,
        }
    }
}

impl<Q: DeserializeOwned, A: Serialize> Requests<Q, A> {
    /// The next request, or `None` at the end of the input.
    ///
    /// # Errors
    /// [`Error::Failed`](crate::Error::Failed) if the request is incomplete, or of another type.
    pub fn receive(&mut self) -> Result<Option<Q>> {
        receive(&mut self.input).context("bad request")
    }

    /// Sends a reply.
    ///
    /// # Errors
    /// The error of the pipe.
    pub fn reply(&mut self, reply: &A) -> Result<()> {
        send(&mut self.output, reply).context("cannot send the reply")
    }
}

/// The largest message that is accepted. It is larger than any result that fits the memory of the intended
/// machines.
const LONGEST_FRAME: u64 = 1 << 34;

/// Sends a frame: a length and a postcard message, which keeps every bit of a number.
pub(crate) fn send<M: Serialize>(to: &mut impl Write, message: &M) -> io::Result<()> {
    let bytes = postcard::to_allocvec(message).map_err(io::Error::other)?;
    to.write_all(&(bytes.len() as u64).to_le_bytes())?;
    to.write_all(&bytes)?;
    to.flush()
}

/// The next message, or `None` at the end of the input.
pub(crate) fn receive<M: DeserializeOwned>(from: &mut impl Read) -> io::Result<Option<M>> {
    let mut length = [0; 8];
    match from.read_exact(&mut length) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let length = u64::from_le_bytes(length);
    if length > LONGEST_FRAME {
        return Err(io::Error::other(format!("a message of {length} bytes")));
    }
    let mut bytes = Vec::new();
    from.take(length).read_to_end(&mut bytes)?;
    postcard::from_bytes(&bytes)
        .map(Some)
        .map_err(io::Error::other)
}
