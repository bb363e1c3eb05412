//! Storage that an adapter keeps between calls.

use std::any::Any;
use std::fmt;

use crate::scaling::ColumnExponents;

/// Storage that a loop passes to an adapter again and again, so that the adapter allocates only
/// once.
///
/// The adapter decides what the workspace holds. If a workspace comes from another adapter or
/// another scalar type, its content is replaced.
///
/// ```
/// use leastwise_core::Workspace;
/// let mut workspace = Workspace::default();
/// workspace.get_or_insert_with(|| vec![0.0; 3])[1] = 2.0;
/// assert_eq!(workspace.get_or_insert_with(Vec::<f64>::new), &[0.0, 2.0, 0.0]);
/// ```
#[derive(Default)]
pub struct Workspace {
    of_adapter: Option<Box<dyn Any + Send>>,
    /// Of the matrix that is being factorised.
    pub(crate) exponents: ColumnExponents,
}

impl Workspace {
    /// The storage of type `W`, made by `make` if there is none.
    #[expect(clippy::missing_panics_doc, reason = "what is held was just checked")]
    pub fn get_or_insert_with<W: Any + Send>(&mut self, make: impl FnOnce() -> W) -> &mut W {
        if !self.of_adapter.as_ref().is_some_and(|held| held.is::<W>()) {
            self.of_adapter = None;
        }
        let held = self.of_adapter.get_or_insert_with(|| Box::new(make()));
        held.downcast_mut().expect("the type was checked")
    }
}

impl fmt::Debug for Workspace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = if self.of_adapter.is_some() {
            "in use"
        } else {
            "empty"
        };
        write!(f, "Workspace({held})")
    }
}

/// Work space is not part of a value, so a copy starts with an empty workspace.
impl Clone for Workspace {
    fn clone(&self) -> Self {
        Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_type_starts_anew_and_the_same_keeps_its_storage() {
        let mut workspace = Workspace::default();
        let first = workspace.get_or_insert_with(|| vec![1.0f64]).as_ptr();
        assert_eq!(
            workspace.get_or_insert_with(Vec::<f64>::new).as_ptr(),
            first
        );
        assert_eq!(workspace.get_or_insert_with(|| vec![2.0f32]), &[2.0]);
        assert!(workspace.get_or_insert_with(Vec::<f64>::new).is_empty());
    }
}
