//! The work space of a problem, which is evaluated through a shared reference.

use std::fmt;
use std::mem;
use std::sync::{Mutex, PoisonError};

use leastwise_core::Scalar;

/// Gives v `n` entries, which are unspecified. If v has too few, it gets space for exactly `n`.
pub(crate) fn resize<T: Copy>(v: &mut Vec<T>, n: usize, value: T) {
    if v.len() != n {
        refill(v, n, value);
    }
}

/// v ← `n` times `value`. If v has too little space, it gets space for exactly `n`, which takes less time than growing.
pub(crate) fn refill<T: Copy>(v: &mut Vec<T>, n: usize, value: T) {
    if v.capacity() < n {
        *v = Vec::with_capacity(n);
    }
    v.clear();
    v.resize(n, value);
}

/// Work space that is kept between calls, so that they do not allocate.
///
/// A call takes it out while it uses it. Another call at the same time, from another thread or from within,
/// takes an empty one and does not wait.
pub(crate) struct Scratch<W>(Mutex<W>);

impl<W: Default> Scratch<W> {
    /// The work space that was last put back, or an empty one.
    pub(crate) fn take(&self) -> W {
        mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn put_back(&self, work: W) {
        self.change(|kept| *kept = work);
    }

    /// Changes the work space where it is, while other calls wait.
    pub(crate) fn change(&self, change: impl FnOnce(&mut W)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl<W: Default> Default for Scratch<W> {
    fn default() -> Self {
        Self(Mutex::new(W::default()))
    }
}

/// A clone starts with an empty work space.
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

/// The last residual of a problem. r is a function only of x, so it need not be evaluated again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Evaluated<T> {
    pub(crate) x: Vec<T>,
    pub(crate) r: Vec<T>,
}

impl<T: Scalar> Evaluated<T> {
    /// Whether r is that of this x. The comparison is by bits, because with == NaN differs from itself and 0
    /// equals −0.
    pub(crate) fn is_at(&self, x: &[T]) -> bool {
        let bits = |value: &T| value.as_f64().to_bits();
        // An empty x means that there was no call yet.
        !self.x.is_empty() && self.x.iter().map(bits).eq(x.iter().map(bits))
    }

    pub(crate) fn keep(&mut self, x: &[T], r: &[T]) {
        self.x.clear();
        self.x.extend_from_slice(x);
        self.r.clear();
        self.r.extend_from_slice(r);
    }
}
