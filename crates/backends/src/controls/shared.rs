//! What the controls have in common.

use leastwise_core::Mat;

use crate::scalar::Libraries;

pub(super) fn refuse_wide<T>(a: &Mat<T>) -> Result<(), String> {
    if a.rows() < a.cols() {
        return Err("not offered".to_owned());
    }
    Ok(())
}

/// What a singular value has to exceed: max(m, n)·ε·σ₁.
pub(super) fn cutoff<T: Libraries>(a: &Mat<T>, largest: T) -> T {
    T::of(a.rows().max(a.cols()) as f64) * T::EPSILON * largest
}
