//! How much one viewer and one address may ask for in a while: each operation takes what it may cost
//! from their buckets before it runs, and stricter ones bound how often a mutation is called.
//!
//! Promises: what is refused takes nothing, and is told when to come again; a mutation counts as
//! often as a document calls it, under whatever alias; every answer says what is left.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use loaders::contract::Contract;
use loaders::{Admit, ErrorCode, Measure, OperationReport, RequestError, Viewer};
use stores::rate_limits::{Bucket, Chosen, RateLimits, Take, Taken};

use crate::access::network_of;
use crate::config::RateLimitsConfig;

/// What a request costs its address, beside its operation.
const REQUEST: u64 = 100;

const LEFT: HeaderName = HeaderName::from_static("ratelimit");
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Counts what is asked for.
pub(super) struct RateLimiter {
    store: Arc<Chosen>,
    viewer: Option<Bucket>,
    address: Option<Bucket>,
    mutations: HashMap<String, Bucket>,
}

/// One request and whoever sends it.
pub(super) struct Caller<'a> {
    limiter: &'a RateLimiter,
    address: String,
    viewer: OnceLock<String>,
    told: Mutex<Told>,
}

/// What the answer's head says.
#[derive(Debug, Default)]
struct Told {
    /// How each bucket stands, by the name of its policy.
    standing: Vec<(String, Bucket, Taken)>,
    retry_after: Option<Duration>,
}

/// A bucket to take from: the policy's name for the client, the key for the store, the setting.
struct Wanted {
    policy: String,
    key: String,
    setting: &'static str,
    cost: u64,
    bucket: Bucket,
}

impl RateLimiter {
    /// With the numbers of this configuration.
    ///
    /// # Errors
    /// The names of mutations that are limited and that the contract does not have.
    pub(super) fn new(
        config: &RateLimitsConfig,
        contract: &Contract,
        store: Arc<Chosen>,
    ) -> Result<Self, Vec<String>> {
        let root = contract.mutation.as_deref().unwrap_or_default();
        let names = config.mutations.iter().map(|(name, _)| name);
        let unknown: Vec<String> =
            names.filter(|name| contract.field(root, name).is_none()).cloned().collect();
        if !unknown.is_empty() {
            return Err(unknown);
        }
        Ok(Self {
            store,
            viewer: config.viewer,
            address: config.address,
            mutations: config.mutations.iter().cloned().collect(),
        })
    }

    /// A request from this address, which is nobody's until [`Caller::is`] says otherwise.
    pub(super) fn caller(&self, address: IpAddr) -> Caller<'_> {
        let address = network_of(address).to_string();
        Caller { limiter: self, address, viewer: OnceLock::new(), told: Mutex::default() }
    }
}

impl Caller<'_> {
    /// Takes what any request costs, before anything is read or computed for it.
    ///
    /// # Errors
    /// `RATE_LIMIT`.
    pub(super) async fn enter(&self) -> Result<(), RequestError> {
        self.take(self.by_address(REQUEST).into_iter().collect()).await
    }

    /// From now on what this viewer may ask for counts as well.
    pub(super) fn is(&self, viewer: &Viewer) {
        if let Some(id) = viewer.id() {
            self.viewer.get_or_init(|| id.to_string());
        }
    }

    /// Says in the answer's head what is left, and when to come again.
    pub(super) fn write(&self, headers: &mut HeaderMap) {
        let told = self.told();
        let (mut left, mut policies) = (String::new(), String::new());
        for (policy, Bucket { capacity, period }, taken) in &told.standing {
            let separator = if left.is_empty() { "" } else { ", " };
            let (window, full) = (seconds(*period), seconds(taken.full_after));
            let remaining = taken.remaining;
            // Writing to a String cannot fail.
            let _ = write!(left, "{separator}\"{policy}\";r={remaining};t={full}");
            let _ = write!(policies, "{separator}\"{policy}\";q={capacity};w={window}");
        }
        for (name, text) in [(LEFT, left), (POLICY, policies)] {
            if !text.is_empty()
                && let Ok(value) = HeaderValue::from_str(&text)
            {
                headers.insert(name, value);
            }
        }
        if let Some(retry_after) = told.retry_after {
            headers.insert(header::RETRY_AFTER, seconds(retry_after).into());
        }
    }

    fn by_address(&self, cost: u64) -> Option<Wanted> {
        let key = format!("address:{}", self.address);
        let (policy, setting) = ("address".to_owned(), "RATE_LIMIT_ADDRESS");
        self.limiter.address.map(|bucket| Wanted { policy, key, setting, cost, bucket })
    }

    fn by_viewer(&self, cost: u64) -> Option<Wanted> {
        let key = format!("viewer:{}", self.viewer.get()?);
        let (policy, setting) = ("viewer".to_owned(), "RATE_LIMIT_VIEWER");
        self.limiter.viewer.map(|bucket| Wanted { policy, key, setting, cost, bucket })
    }

    /// For each mutation that is limited, the bucket of the address and that of the viewer.
    fn by_mutation(&self, mutations: &[&str]) -> Vec<Wanted> {
        let mut wanted: Vec<Wanted> = Vec::new();
        for name in mutations {
            let Some(bucket) = self.limiter.mutations.get(*name) else { continue };
            if let Some(earlier) = wanted.iter_mut().find(|wanted| wanted.policy == *name) {
                earlier.cost += 1;
                continue;
            }
            wanted.push(Wanted {
                policy: (*name).to_owned(),
                key: format!("{name}:address:{}", self.address),
                setting: "RATE_LIMIT_MUTATIONS",
                cost: 1,
                bucket: *bucket,
            });
        }
        let Some(viewer) = self.viewer.get() else { return wanted };
        let of_viewer = |of: &Wanted| Wanted {
            policy: format!("{} by viewer", of.policy),
            key: format!("{}:viewer:{viewer}", of.policy),
            ..*of
        };
        let of_viewer: Vec<Wanted> = wanted.iter().map(of_viewer).collect();
        wanted.extend(of_viewer);
        wanted
    }

    async fn take(&self, wanted: Vec<Wanted>) -> Result<(), RequestError> {
        if wanted.is_empty() {
            return Ok(());
        }
        // What a bucket cannot hold is never there: it would be waited for in vain.
        if let Some(wanted) = wanted.iter().find(|wanted| wanted.is_a_count_beyond_measure()) {
            return Err(wanted.refusal("ask for fewer at once"));
        }
        let takes: Vec<Take<'_>> = wanted.iter().map(Wanted::take).collect();
        let taken = self.limiter.store.take(&takes).await?;
        let refused = wanted.iter().zip(&taken).filter(|(_, taken)| !taken.is_allowed());
        let refused = refused.max_by_key(|(_, taken)| taken.retry_after).map(|(wanted, taken)| {
            let wait = format!("wait {} seconds", seconds(taken.retry_after));
            (wanted.refusal(&wait), taken.retry_after)
        });
        let mut told = self.told();
        let (refused, retry_after) = refused.unzip();
        told.retry_after = retry_after;
        for (Wanted { policy, bucket, .. }, taken) in wanted.into_iter().zip(taken) {
            told.standing.retain(|(earlier, ..)| *earlier != policy);
            told.standing.push((policy, bucket, taken));
        }
        refused.map_or(Ok(()), Err)
    }

    fn told(&self) -> std::sync::MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Admit for Caller<'_> {
    async fn admit(
        &self,
        operation: &OperationReport,
        mutations: &[&str],
    ) -> Result<(), RequestError> {
        let mut wanted = self.by_mutation(mutations);
        wanted.extend(self.by_address(operation.cost));
        wanted.extend(self.by_viewer(operation.cost));
        self.take(wanted).await
    }
}

impl std::fmt::Debug for Caller<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Caller({})", self.address)
    }
}

impl Wanted {
    fn take(&self) -> Take<'_> {
        Take { key: &self.key, cost: self.cost, bucket: self.bucket }
    }

    /// An operation that costs more than a bucket holds empties it; calls are counted one by one.
    fn is_a_count_beyond_measure(&self) -> bool {
        self.setting == "RATE_LIMIT_MUTATIONS" && self.cost > self.bucket.capacity
    }

    fn refusal(&self, advice: &str) -> RequestError {
        let Self { policy, setting, cost, bucket: Bucket { capacity, period }, .. } = self;
        let period = seconds(*period);
        RequestError::limit(
            ErrorCode::RateLimit,
            Measure::of(*capacity, *cost),
            format!(
                "too much at once: no more than {capacity} in {period} seconds for \"{policy}\" \
                 ({setting}): {advice}"
            ),
        )
    }
}

/// Whole ones; a part counts as one.
fn seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}
