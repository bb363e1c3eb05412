//! Work space of a problem, which is evaluated through a shared reference.

use std::fmt;
use std::mem;
use std::sync::{Mutex, PoisonError};

use leastwise_core::Scalar;

/// Work space that is kept between calls, so that they do not allocate.
///
/// It is taken out while it is used: a call from another thread, or from within, finds an empty one
/// and does not wait.
pub(crate) struct Scratch<W>(Mutex<W>);

impl<W: Default> Scratch<W> {
    /// What was last put back, or an empty one.
    pub(crate) fn take(&self) -> W {
        mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn put_back(&self, work: W) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = work;
    }
}

impl<W: Default> Default for Scratch<W> {
    fn default() -> Self {
        Self(Mutex::new(W::default()))
    }
}

/// A clone starts with an empty one.
impl<W: Default> Clone for Scratch<W> {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl<W> fmt::Debug for Scratch<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scratch")
    }
}

/// The last residual of a problem: r is a function of x alone, so that it need not be evaluated again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Evaluated<T> {
    pub(crate) x: Vec<T>,
    pub(crate) r: Vec<T>,
}

impl<T: Scalar> Evaluated<T> {
    /// Whether r is that of this x. Not by ==, for which NaN differs from itself and 0 equals −0.
    pub(crate) fn is_at(&self, x: &[T]) -> bool {
        let bits = |value: &T| value.as_f64().to_bits();
        // An empty x is that of no call yet.
        !self.x.is_empty() && self.x.iter().map(bits).eq(x.iter().map(bits))
    }

    pub(crate) fn keep(&mut self, x: &[T], r: &[T]) {
        self.x.clear();
        self.x.extend_from_slice(x);
        self.r.clear();
        self.r.extend_from_slice(r);
    }
}
