//! The messages between the parent and a worker. A frame is a length and a postcard message, which keeps
//! every bit of a number.

use std::io::{self, Read, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::model::{Case, Contender, Outcome, ScalarType};
use crate::record::EngineRecord;

/// The requests of the parent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Request {
    /// Draw the numbers of a case.
    Load {
        case: Case,
        scalar: ScalarType,
        seed: u64,
    },
    /// Compute once and return the result.
    Solve(Contender),
    /// Compute until everything is warm, and find how many calls fill a sample.
    WarmUp(Contender),
    /// Take a sample.
    Sample(Contender),
}

/// The replies of the worker.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Reply {
    /// The first message, sent without a request.
    Hello(EngineRecord),
    /// The checksum of the numbers.
    Loaded(u64),
    Solved(Outcome),
    Warm {
        sample_seconds: f64,
        allocations: u64,
        allocated_bytes: u64,
        /// The number of threads of the process, including its main thread, if the system reports it.
        process_threads: Option<usize>,
    },
    /// Nanoseconds per call.
    Sampled(f64),
    /// The request could not be carried out.
    Failed(String),
}

impl Reply {
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Hello(_) => "hello",
            Self::Loaded(_) => "loaded",
            Self::Solved(_) => "solved",
            Self::Warm { .. } => "warm",
            Self::Sampled(_) => "sampled",
            Self::Failed(_) => "failed",
        }
    }
}

/// The largest message that is accepted. It is larger than any result that fits the memory of the intended
/// machines.
const LONGEST_FRAME: u64 = 1 << 34;

pub(crate) fn send<M: Serialize>(to: &mut impl Write, message: &M) -> io::Result<()> {
    let bytes = postcard::to_allocvec(message).map_err(io::Error::other)?;
    to.write_all(&(bytes.len() as u64).to_le_bytes())?;
    to.write_all(&bytes)?;
    to.flush()
}

/// The next message, or `None` at the end.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_keeps_every_bit_and_a_torn_one_is_an_error() {
        let entries = vec![f64::NAN, -0.0, 5e-324, f64::INFINITY, 0.1];
        let outcome = Reply::Solved(Outcome::Matrix {
            rows: 5,
            cols: 1,
            entries: entries.clone(),
            rank: Some(3),
            residual_norms: None,
            singular_values: None,
            factorizations: None,
        });
        let mut bytes = Vec::new();
        send(&mut bytes, &outcome).unwrap();
        let Some(Reply::Solved(Outcome::Matrix { entries: found, .. })) =
            receive(&mut bytes.as_slice()).unwrap()
        else {
            panic!("another message")
        };
        let bits = |x: &[f64]| x.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&found), bits(&entries));
        assert!(receive::<Reply>(&mut &bytes[..0]).unwrap().is_none());
        assert!(receive::<Reply>(&mut &bytes[..bytes.len() - 1]).is_err());
    }
}
