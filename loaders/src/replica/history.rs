//! Where the primary was in its write-ahead log, second by second: how far a replica lags behind
//! it, told by our clock alone.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Samples of the primary's place in its log, the newest last.
pub(super) struct History {
    samples: VecDeque<(Instant, u64)>,
    kept: Duration,
}

impl History {
    /// Samples older than `kept` are forgotten.
    pub(super) fn new(kept: Duration) -> Self {
        Self { samples: VecDeque::new(), kept }
    }

    /// The primary, asked at this time, was here.
    pub(super) fn note(&mut self, asked: Instant, wal: u64) {
        if self.samples.back().is_some_and(|(_, newest)| *newest > wal) {
            // It was put back to an earlier state, or is another server: nothing compares.
            self.samples.clear();
        }
        if self.samples.back().is_some_and(|(_, newest)| *newest == wal) {
            self.samples.pop_back();
        }
        self.samples.push_back((asked, wal));
        while self.samples.front().is_some_and(|(old, _)| asked - *old > self.kept) {
            self.samples.pop_front();
        }
    }

    /// How long ago, at most, the primary was where a replica is that has replayed so much. None
    /// where that is longer than anything remembered. A primary that is away stays where it was.
    pub(super) fn lag(&self, reached: u64, now: Instant) -> Option<Duration> {
        let (_, newest) = self.samples.back()?;
        if reached >= *newest {
            return Some(Duration::ZERO);
        }
        let (left, _) = self.samples.iter().rev().find(|(_, wal)| *wal <= reached)?;
        Some(now.saturating_duration_since(*left))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn history(start: Instant, samples: &[(u32, u64)]) -> History {
        let mut history = History::new(10 * SECOND);
        samples.iter().for_each(|(second, wal)| history.note(start + *second * SECOND, *wal));
        history
    }

    #[test]
    fn a_replica_lags_since_the_primary_left_where_it_is() {
        let start = Instant::now();
        let history = history(start, &[(0, 100), (1, 100), (2, 200), (3, 300)]);
        let now = start + 4 * SECOND;
        for (reached, lag) in [
            (300, Some(0)),
            (999, Some(0)),
            (299, Some(2)),
            (200, Some(2)),
            (199, Some(3)),
            (100, Some(3)),
            (99, None),
        ] {
            assert_eq!(history.lag(reached, now), lag.map(|lag: u32| lag * SECOND), "{reached}");
        }
    }

    #[test]
    fn nothing_is_known_before_the_first_sample() {
        assert_eq!(history(Instant::now(), &[]).lag(u64::MAX, Instant::now()), None);
    }

    #[test]
    fn old_samples_and_another_past_are_forgotten() {
        let start = Instant::now();
        let long = history(start, &[(0, 100), (5, 200), (14, 300)]);
        assert_eq!(long.lag(100, start + 14 * SECOND), None);
        assert_eq!(long.lag(200, start + 14 * SECOND), Some(9 * SECOND));
        let restored = history(start, &[(0, 100), (1, 200), (2, 150)]);
        assert_eq!(restored.lag(149, start + 2 * SECOND), None);
        assert_eq!(restored.lag(150, start + 2 * SECOND), Some(Duration::ZERO));
    }
}
