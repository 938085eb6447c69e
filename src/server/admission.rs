//! How many requests run at once, how many wait for it, and for how long.
//!
//! Beyond that a request is refused at once, so that those that were taken are answered in time.

use std::time::{Duration, Instant};

use loaders::{ErrorCode, Measure, RequestError};
use tokio::sync::{Semaphore, SemaphorePermit};

/// The bounds of what runs and waits.
pub(super) struct Admission {
    running: Semaphore,
    running_max: usize,
    waiting: Semaphore,
    waiting_max: usize,
    wait: Duration,
}

/// A request's turn to run; it ends when dropped.
pub(super) struct Turn<'a> {
    _permit: SemaphorePermit<'a>,
    /// How long the request waited for it.
    pub(super) queued: Duration,
}

impl Admission {
    pub(super) fn new(running_max: usize, waiting_max: usize, wait: Duration) -> Self {
        let running = Semaphore::new(running_max);
        let waiting = Semaphore::new(waiting_max);
        Self { running, running_max, waiting, waiting_max, wait }
    }

    /// How many requests run.
    pub(super) fn running(&self) -> usize {
        self.running_max - self.running.available_permits()
    }

    /// How many requests wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting_max - self.waiting.available_permits()
    }

    /// Refuses early what [`Self::turn`] would refuse, before anything is read for it.
    pub(super) fn look(&self) -> Result<(), RequestError> {
        let is_full =
            self.running.available_permits() == 0 && self.waiting.available_permits() == 0;
        if is_full { Err(self.full()) } else { Ok(()) }
    }

    /// Waits until the request may run.
    pub(super) async fn turn(&self) -> Result<Turn<'_>, RequestError> {
        if let Ok(permit) = self.running.try_acquire() {
            return Ok(Turn { _permit: permit, queued: Duration::ZERO });
        }
        let _place = self.waiting.try_acquire().map_err(|_| self.full())?;
        let begun = Instant::now();
        match tokio::time::timeout(self.wait, self.running.acquire()).await {
            Ok(Ok(permit)) => Ok(Turn { _permit: permit, queued: begun.elapsed() }),
            _ => Err(self.waited_too_long()),
        }
    }

    fn full(&self) -> RequestError {
        let Self { running_max, waiting_max, .. } = self;
        RequestError::limit(
            ErrorCode::Overloaded,
            Measure::of(running_max + waiting_max, running_max + waiting_max + 1),
            format!(
                "the server runs {running_max} requests and {waiting_max} wait (REQUESTS_MAX, \
                 REQUEST_QUEUE_MAX): try again later"
            ),
        )
    }

    fn waited_too_long(&self) -> RequestError {
        let milliseconds = self.wait.as_millis();
        RequestError::limit(
            ErrorCode::Overloaded,
            Measure::of(milliseconds, milliseconds),
            format!(
                "the server had no time for this request within {milliseconds} ms \
                 (REQUEST_QUEUE_WAIT): try again later"
            ),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(refused: Result<Turn<'_>, RequestError>) -> String {
        let error = refused.err().unwrap();
        assert_eq!(error.code(), ErrorCode::Overloaded);
        error.to_string()
    }

    #[tokio::test]
    async fn what_is_too_much_is_refused_at_once() {
        let admission = Admission::new(2, 0, Duration::from_secs(600));
        let one = admission.turn().await.ok().unwrap();
        assert!(admission.look().is_ok());
        let _other = admission.turn().await.ok().unwrap();
        assert_eq!((admission.running(), admission.waiting()), (2, 0));
        assert!(admission.look().is_err());
        assert!(message(admission.turn().await).contains("REQUEST_QUEUE_MAX"));
        drop(one);
        assert_eq!(admission.turn().await.ok().unwrap().queued, Duration::ZERO);
    }

    #[tokio::test]
    async fn those_that_wait_get_their_turn() {
        let admission = Admission::new(1, 1, Duration::from_secs(600));
        let running = admission.turn().await.ok().unwrap();
        let waits = async {
            let turn = admission.turn().await.ok().unwrap();
            assert!(turn.queued > Duration::ZERO);
        };
        let others = async {
            assert_eq!((admission.running(), admission.waiting()), (1, 1));
            assert!(message(admission.turn().await).contains("1 wait"));
            drop(running);
        };
        tokio::join!(biased; waits, others);
        assert_eq!((admission.running(), admission.waiting()), (0, 0));
    }

    #[tokio::test]
    async fn nobody_waits_for_ever() {
        let admission = Admission::new(1, 1, Duration::from_millis(15));
        let _running = admission.turn().await.ok().unwrap();
        assert!(message(admission.turn().await).contains("15 ms (REQUEST_QUEUE_WAIT)"));
        assert_eq!(admission.waiting(), 0);
    }
}
