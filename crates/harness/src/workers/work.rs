//! What a worker does with a case.

use super::protocol::Reply;
use crate::error::Result;
use crate::model::Contender;

/// What a worker does with its loaded case, independent of the scalar type.
pub(super) trait Work {
    fn solve(&mut self, contender: &Contender) -> Result<Reply>;
    fn warm_up(&mut self, contender: &Contender) -> Result<Reply>;
    fn sample(&mut self, contender: &Contender) -> Result<Reply>;
}
