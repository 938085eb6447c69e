//! Panics, caught where one must not take more with it than it has to.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use thiserror::Error;

/// Code of ours or of a resolver has panicked.
#[derive(Debug, Error)]
#[error("{place} panicked: {message}")]
pub(crate) struct Panicked {
    place: String,
    message: String,
}

/// What the work gives, or its panic. It must leave nothing half-done that is looked at later.
pub(crate) async fn caught<T>(
    place: impl FnOnce() -> String,
    work: impl Future<Output = T>,
) -> Result<T, Panicked> {
    let ended = AssertUnwindSafe(work).catch_unwind().await;
    ended.map_err(|panic| Panicked { place: place(), message: message(&*panic) })
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "without a message".to_string())
}
