//! The requests of the parent, and the replies of a worker.

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::{receive, send};

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
