//! How long a job waits after a failure.

use std::time::Duration;

/// After the first failure.
const FIRST: Duration = Duration::from_secs(2);

/// After many.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// Doubles with each attempt, counted from 1. `chance`, from 0 to 1, takes away up to a fifth, so
/// that jobs which failed together do not come back together.
pub(super) fn after(attempt: u32, chance: f64) -> Duration {
    let doubled = 2_u32.checked_pow(attempt.saturating_sub(1));
    let whole = doubled.and_then(|factor| FIRST.checked_mul(factor)).unwrap_or(LONGEST);
    whole.min(LONGEST).mul_f64(1.0 - chance.clamp(0.0, 1.0) / 5.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_an_hour() {
        let table = [(0, 2), (1, 2), (2, 4), (5, 32), (11, 2048), (12, 3600), (100, 3600)];
        for (attempt, seconds) in table {
            assert_eq!(after(attempt, 0.0), Duration::from_secs(seconds), "attempt {attempt}");
        }
    }

    #[test]
    fn chance_takes_away_a_fifth_at_most() {
        assert_eq!(after(1, 1.0), Duration::from_millis(1600));
        assert_eq!(after(1, 0.5), Duration::from_millis(1800));
    }
}
