//! Token buckets in this process, so many at most.
//!
//! Promises: to take costs no lock that another key's request waits for. A bucket that nobody has
//! asked for lately makes room for a new one, and is full when somebody asks again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use quick_cache::sync::Cache;

use super::{Bucket, Take, Taken};

/// A bucket is one number: when it will be full again, in nanoseconds since the start.
pub(super) struct Buckets {
    started: Instant,
    full_at: Cache<String, Arc<AtomicU64>>,
}

impl Buckets {
    pub(super) fn new(keys_max: usize) -> Self {
        Self { started: Instant::now(), full_at: Cache::new(keys_max) }
    }

    /// Takes from all or from none.
    pub(super) fn take(&self, takes: &[Take<'_>]) -> Vec<Taken> {
        self.take_at(nanoseconds(self.started.elapsed()), takes)
    }

    fn take_at(&self, now: u64, takes: &[Take<'_>]) -> Vec<Taken> {
        let cells: Vec<_> = takes.iter().map(|take| self.cell(take.key)).collect();
        let taken: Vec<Taken> =
            takes.iter().zip(&cells).map(|(take, cell)| take_one(cell, now, take)).collect();
        if taken.iter().all(Taken::is_allowed) {
            return taken;
        }
        for ((take, cell), taken) in takes.iter().zip(&cells).zip(&taken) {
            if taken.is_allowed() {
                cell.fetch_sub(time_for(take.cost, take.bucket), Ordering::Relaxed);
            }
        }
        let stands = |((take, cell), taken): ((&Take<'_>, &Arc<AtomicU64>), &Taken)| Taken {
            retry_after: taken.retry_after,
            ..standing(cell.load(Ordering::Relaxed), now, take.bucket)
        };
        takes.iter().zip(&cells).zip(&taken).map(stands).collect()
    }

    fn cell(&self, key: &str) -> Arc<AtomicU64> {
        if let Some(cell) = self.full_at.get(key) {
            return cell;
        }
        let made = self.full_at.get_or_insert_with(key, || {
            Ok::<_, std::convert::Infallible>(Arc::new(AtomicU64::new(0)))
        });
        match made {
            Ok(cell) => cell,
        }
    }
}

fn take_one(cell: &AtomicU64, now: u64, take: &Take<'_>) -> Taken {
    let (cost, period) = (time_for(take.cost, take.bucket), nanoseconds(take.bucket.period));
    let mut full_at = cell.load(Ordering::Relaxed);
    loop {
        let wanted = full_at.max(now).saturating_add(cost);
        let wait = wanted.saturating_sub(now.saturating_add(period));
        if wait > 0 {
            let retry_after = Duration::from_nanos(wait);
            return Taken { retry_after, ..standing(full_at, now, take.bucket) };
        }
        match cell.compare_exchange_weak(full_at, wanted, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => return standing(wanted, now, take.bucket),
            Err(other) => full_at = other,
        }
    }
}

/// How long the bucket takes to fill with so many units.
fn time_for(units: u64, bucket: Bucket) -> u64 {
    let units = u128::from(units.min(bucket.capacity));
    let time = units * bucket.period.as_nanos() / u128::from(bucket.capacity.max(1));
    u64::try_from(time).unwrap_or(u64::MAX)
}

fn standing(full_at: u64, now: u64, bucket: Bucket) -> Taken {
    let full_after = Duration::from_nanos(full_at.saturating_sub(now));
    Taken::standing(bucket, full_after)
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    const TEN_A_MINUTE: Bucket = Bucket { capacity: 10, period: Duration::from_secs(60) };

    fn take(cost: u64) -> [Take<'static>; 1] {
        [Take { key: "a", cost, bucket: TEN_A_MINUTE }]
    }

    #[test]
    fn a_bucket_fills_as_time_goes_by() {
        let buckets = Buckets::new(10);
        let at = |second: u64, cost| {
            let taken = buckets.take_at(second * SECOND, &take(cost))[0];
            (taken.remaining, taken.retry_after.as_secs(), taken.full_after.as_secs())
        };
        assert_eq!(at(100, 9), (1, 0, 54));
        assert_eq!(at(100, 2), (1, 6, 54), "what is refused takes nothing");
        assert_eq!(at(105, 2), (1, 1, 49));
        assert_eq!(at(106, 2), (0, 0, 60));
        assert_eq!(at(1000, 0), (10, 0, 0));
        assert_eq!(at(1000, 99), (0, 0, 60), "more than it holds is all that it holds");
    }

    #[test]
    fn no_more_buckets_are_kept_than_said() {
        let buckets = Buckets::new(100);
        for number in 0..10_000 {
            let key = number.to_string();
            buckets.take(&[Take { key: &key, cost: 1, bucket: TEN_A_MINUTE }]);
        }
        assert!(buckets.full_at.len() <= 100);
    }
}
