//! Panics of the user's functions as errors.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use leastwise_core::{Error, Result};

/// The operation that errors name.
pub(crate) const OPERATION: &str = "Fit";

pub(crate) fn caught<R>(argument: &'static str, call: impl FnOnce() -> R) -> Result<R> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|payload| Error::Panic {
        operation: OPERATION,
        argument,
        detail: message(&*payload),
    })
}

/// What a panic said.
pub(crate) fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("without a message").to_owned()
}
