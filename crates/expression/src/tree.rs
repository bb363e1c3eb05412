//! The tree of a formula.

use crate::function::{Function, Function2};
use crate::operator::Operator;

/// The place of a node in the list of nodes.
pub(crate) type Id = usize;

/// An operation on the results of earlier nodes.
///
/// The tree is a list in which operands stand before their operations. So it is evaluated, printed and dropped in a
/// loop, however deep it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Node {
    Number(f64),
    /// The place of a name in the list of names.
    Name(usize),
    Negate(Id),
    Binary(Operator, Id, Id),
    Call(Function, Id),
    Call2(Function2, Id, Id),
}
