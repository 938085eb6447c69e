//! Both adapters of the rate-limit store keep the same promises; and when Redis goes, nobody waits.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use stores::rate_limits::{
    Adapter, Backoff, Bucket, Chosen, Embedded, RateLimits, Reserved, Status, Take,
};

use crate::support::{RedisServer, TestDatabase};

const HOUR: Duration = Duration::from_secs(60 * 60);

/// The first failure locks, for as long as a test may take.
const LOCKING: Backoff = Backoff { after: 3, base: HOUR, maximum: HOUR };

fn embedded(database: &TestDatabase) -> Embedded {
    let config = database.url().parse().unwrap();
    let pool = loaders::Pool::new(config, 4, Duration::from_secs(30)).unwrap();
    Embedded::new(pool, 1000)
}

/// Runs a promise over each adapter.
async fn of_both<F: Future<Output = ()>>(promise: impl Fn(Arc<dyn RateLimits>) -> F) {
    let database = TestDatabase::new().await;
    promise(Arc::new(embedded(&database))).await;
    let redis = RedisServer::new().await;
    promise(Arc::new(redis.adapter())).await;
}

async fn take(store: &dyn RateLimits, key: &str, cost: u64, bucket: Bucket) -> (bool, u64) {
    let taken = store.take(&[Take { key, cost, bucket }]).await.unwrap();
    (taken[0].is_allowed(), taken[0].remaining)
}

#[tokio::test]
async fn a_bucket_gives_what_it_holds() {
    let bucket = Bucket { capacity: 4, period: HOUR };
    of_both(|store| async move {
        assert_eq!(take(&*store, "a", 1, bucket).await, (true, 3));
        assert_eq!(take(&*store, "a", 2, bucket).await, (true, 1));
        assert_eq!(take(&*store, "a", 2, bucket).await, (false, 1));
        assert_eq!(take(&*store, "a", 1, bucket).await, (true, 0));
        assert_eq!(take(&*store, "a", 1, bucket).await, (false, 0));
        assert_eq!(take(&*store, "b", 0, bucket).await, (true, 4));
        assert_eq!(take(&*store, "b", 1000, bucket).await, (true, 0), "all that it holds");
        let refused = store.take(&[Take { key: "b", cost: 1, bucket }]).await.unwrap()[0];
        assert!(refused.retry_after <= HOUR / 4, "{refused:?}");
        assert!(refused.full_after > HOUR * 3 / 4, "{refused:?}");
    })
    .await;
}

#[tokio::test]
async fn of_several_buckets_all_give_or_none() {
    let (small, large) =
        (Bucket { capacity: 1, period: HOUR }, Bucket { capacity: 10, period: HOUR });
    of_both(|store| async move {
        let takes = [
            Take { key: "large", cost: 3, bucket: large },
            Take { key: "small", cost: 1, bucket: small },
        ];
        let remaining = async || {
            let taken = store.take(&takes).await.unwrap();
            let allowed = taken.iter().map(|taken| taken.is_allowed()).collect::<Vec<_>>();
            (allowed, taken[0].remaining, taken[1].remaining)
        };
        assert_eq!(remaining().await, (vec![true, true], 7, 0));
        assert_eq!(remaining().await, (vec![true, false], 7, 0));
        assert_eq!(take(&*store, "large", 7, large).await, (true, 0));
    })
    .await;
}

#[tokio::test]
async fn a_bucket_fills_again() {
    let bucket = Bucket { capacity: 10, period: Duration::from_millis(300) };
    of_both(|store| async move {
        take(&*store, "a", 10, bucket).await;
        while !take(&*store, "a", 5, bucket).await.0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn takes_at_once_get_no_more() {
    let bucket = Bucket { capacity: 50, period: HOUR };
    of_both(|store| async move {
        let taken = join_all((0..200).map(|_| take(&*store, "a", 1, bucket))).await;
        assert_eq!(taken.iter().filter(|(allowed, _)| *allowed).count(), 50);
    })
    .await;
}

#[tokio::test]
async fn guesses_at_once_fare_no_better_than_one_after_the_other() {
    of_both(|store| async move {
        let tried = join_all((0..40).map(|_| store.reserve("ada", LOCKING))).await;
        let allowed =
            tried.into_iter().filter(|tried| *tried.as_ref().unwrap() == Reserved::Allowed);
        assert_eq!(allowed.count(), 3);
        let Reserved::LockedFor(left) = store.reserve("ada", LOCKING).await.unwrap() else {
            panic!("not locked");
        };
        assert!(left <= HOUR && left > HOUR / 2, "{left:?}");
        assert_eq!(store.reserve("bob", LOCKING).await.unwrap(), Reserved::Allowed);
        store.clear("ada").await.unwrap();
        assert_eq!(store.reserve("ada", LOCKING).await.unwrap(), Reserved::Allowed);
    })
    .await;
}

#[tokio::test]
async fn what_is_given_back_does_not_count_and_the_rest_does() {
    of_both(|store| async move {
        let tried = async || store.reserve("a", LOCKING).await.unwrap() == Reserved::Allowed;
        store.give_back("a").await.unwrap();
        assert!(tried().await && tried().await && tried().await);
        assert!(!tried().await);
        store.give_back("a").await.unwrap();
        assert!(tried().await, "two failures are left, this is the third");
        assert!(!tried().await);
    })
    .await;
}

#[tokio::test]
async fn each_further_failure_locks_for_twice_as_long() {
    let backoff = Backoff { after: 1, base: Duration::from_millis(1), maximum: HOUR };
    of_both(|store| async move {
        let mut failures = 0;
        let mut left = Duration::ZERO;
        while failures < 12 {
            match store.reserve("a", backoff).await.unwrap() {
                Reserved::Allowed => failures += 1,
                Reserved::LockedFor(time) => {
                    left = time;
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            }
        }
        assert!(left <= Duration::from_millis(1024), "{left:?}");
        let Reserved::LockedFor(left) = store.reserve("a", backoff).await.unwrap() else {
            panic!("not locked");
        };
        assert!(left > Duration::from_millis(1024) && left <= Duration::from_millis(2048));
    })
    .await;
}

#[tokio::test]
async fn a_lock_has_a_longest_time() {
    let short = Duration::from_millis(2);
    let backoff = Backoff { after: 1, base: short, maximum: short };
    of_both(|store| async move {
        let mut failures = 0;
        while failures < 40 {
            if store.reserve("a", backoff).await.unwrap() == Reserved::Allowed {
                failures += 1;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn failures_are_forgotten_after_a_while() {
    let while_ = Duration::from_millis(100);
    let backoff = Backoff { after: 2, base: while_, maximum: while_ };
    of_both(|store| async move {
        assert_eq!(store.reserve("a", backoff).await.unwrap(), Reserved::Allowed);
        tokio::time::sleep(while_ * 2).await;
        assert_eq!(store.reserve("a", backoff).await.unwrap(), Reserved::Allowed);
        assert_eq!(store.reserve("a", backoff).await.unwrap(), Reserved::Allowed);
    })
    .await;
}

#[tokio::test]
async fn when_redis_goes_the_embedded_adapter_stands_in_and_when_it_comes_redis_serves_again() {
    let database = TestDatabase::new().await;
    let mut redis = RedisServer::new().await;
    let store = Chosen::new(Some(redis.adapter()), embedded(&database));
    let bucket = Bucket { capacity: 2, period: HOUR };
    let serving = Status { adapter: Adapter::Redis, is_degraded: false };
    assert_eq!(store.look().await, serving);
    assert_eq!(take(&store, "a", 2, bucket).await, (true, 0));
    for _ in 0..3 {
        store.reserve("ada", LOCKING).await.unwrap();
    }

    redis.kill().await;
    assert_eq!(take(&store, "a", 2, bucket).await, (true, 0), "a full one, of this process");
    assert_eq!(take(&store, "a", 1, bucket).await, (false, 0));
    assert_eq!(store.status(), Status { is_degraded: true, ..serving });
    for _ in 0..3 {
        assert_eq!(store.reserve("ada", LOCKING).await.unwrap(), Reserved::Allowed);
    }
    assert_ne!(store.reserve("ada", LOCKING).await.unwrap(), Reserved::Allowed);
    store.clear("ada").await.unwrap();
    assert_eq!(store.reserve("ada", LOCKING).await.unwrap(), Reserved::Allowed);

    redis.start().await;
    while store.status().is_degraded {
        take(&store, "b", 1, bucket).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(take(&store, "a", 2, bucket).await, (true, 0), "it has forgotten everything");
}
