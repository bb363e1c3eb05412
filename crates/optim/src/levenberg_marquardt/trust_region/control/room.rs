//! How far the parameters are from their bounds.

/// The room of the parameters: l − x and u − x.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Room<T> {
    pub(super) lower: Vec<T>,
    pub(super) upper: Vec<T>,
}
