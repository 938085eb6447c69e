//! What is remembered of whoever asks: which tokens were checked, which sessions and keys live, and
//! what their users may do.
//!
//! Nothing is remembered that is no longer true. The database tells of every change, and
//! `listener` of each that it hears; while it hears nothing, nothing remembered counts. What
//! changes by itself, because a role begins or ends, is looked up again at that moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use loaders::{Grant, Permissions, Pool, RequestError, Viewer};
use quick_cache::sync::Cache;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

/// How long after the listener was last known to hear everything what is remembered counts.
const HEARD_FOR: Duration = Duration::from_secs(3);

/// How often it is noted that a session or a key is used.
const NOTE_INTERVAL: u64 = 60;

/// By what somebody is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Holder {
    /// A session, by its id.
    Session(Uuid),
    /// An API key, by the hash of its secret.
    ApiKey([u8; 32]),
    /// A user whom an outside issuer has named.
    User(Uuid),
}

/// Whoever asks, and what he may do.
#[derive(Debug)]
pub(super) struct State {
    /// The id of the session or key.
    pub(super) id: Uuid,
    pub(super) user: Uuid,
    pub(super) viewer: Arc<Viewer>,
    pub(super) csrf_token_hash: Option<Vec<u8>>,
    /// When it must be looked up again.
    valid_until: Option<Instant>,
    /// When its use was last noted, in seconds of this server.
    noted_at: AtomicU64,
}

/// A token that was checked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Checked {
    pub(super) user: Uuid,
    pub(super) holder: Holder,
    /// Seconds since 1970 until which it counts.
    pub(super) counts_until: u64,
}

/// What is remembered.
pub(super) struct Sessions {
    pool: Pool,
    states: Cache<Holder, Arc<State>>,
    checked: Cache<[u8; 32], Checked>,
    /// How many changes were heard of.
    changes: AtomicU64,
    started: Instant,
    /// Up to which millisecond of this server everything was heard; 0 for never.
    heard_until: AtomicU64,
}

impl Sessions {
    pub(super) fn new(pool: Pool, capacity: usize) -> Self {
        Self {
            pool,
            states: Cache::new(capacity),
            checked: Cache::new(capacity),
            changes: AtomicU64::new(0),
            started: Instant::now(),
            heard_until: AtomicU64::new(0),
        }
    }

    /// Whoever this is, if he may still ask.
    pub(super) async fn state(&self, holder: Holder) -> Result<Option<Arc<State>>, RequestError> {
        let now = Instant::now();
        if self.is_heard(now)
            && let Some(state) = self.states.get(&holder)
            && state.valid_until.is_none_or(|until| until > now)
        {
            self.note_use(holder, &state, now);
            return Ok(Some(state));
        }
        let changes = self.changes.load(Ordering::Acquire);
        let state = self.look_up(holder, now).await?.map(Arc::new);
        match &state {
            Some(state) => {
                // What changed meanwhile may have been read or not.
                if self.changes.load(Ordering::Acquire) == changes {
                    self.states.insert(holder, state.clone());
                }
                self.note_use(holder, state, now);
            }
            None => drop(self.states.remove(&holder)),
        }
        Ok(state)
    }

    /// A token that was checked before, by its hash.
    pub(super) fn checked(&self, hash: &[u8; 32], seconds: u64) -> Option<Checked> {
        self.checked.get(hash).filter(|checked| checked.counts_until > seconds)
    }

    /// Remembers a token that was checked.
    pub(super) fn remember(&self, hash: [u8; 32], checked: Checked) {
        self.checked.insert(hash, checked);
    }

    /// Forgets all that is known of a user.
    pub(super) fn forget(&self, user: Uuid) {
        self.changes.fetch_add(1, Ordering::Release);
        self.states.retain(|_, state| state.user != user);
        self.checked.retain(|_, checked| {
            checked.user != user || matches!(checked.holder, Holder::Session(_))
        });
    }

    /// Forgets everything but which signatures were right.
    pub(super) fn forget_all(&self) {
        self.changes.fetch_add(1, Ordering::Release);
        self.states.clear();
        self.checked.retain(|_, checked| matches!(checked.holder, Holder::Session(_)));
    }

    /// Forgets which signatures were right: the keys have changed.
    pub(super) fn forget_checked(&self) {
        self.checked.clear();
    }

    /// Everything that was told before this moment was heard.
    pub(super) fn heard(&self, moment: Instant) {
        self.heard_until.fetch_max(self.milliseconds(moment), Ordering::Release);
    }

    /// From now on nothing is heard.
    pub(super) fn deaf(&self) {
        self.heard_until.store(0, Ordering::Release);
    }

    /// Whether what is remembered counts.
    pub(super) fn is_heard(&self, now: Instant) -> bool {
        let until = self.heard_until.load(Ordering::Acquire);
        until > 0 && self.milliseconds(now) < until + HEARD_FOR.as_millis() as u64
    }

    /// From 1, so that 0 is free to mean never.
    fn milliseconds(&self, moment: Instant) -> u64 {
        moment.saturating_duration_since(self.started).as_millis() as u64 + 1
    }

    /// Notes at most once a minute that it is used, and lets nobody wait for it.
    fn note_use(&self, holder: Holder, state: &State, now: Instant) {
        let statement = match holder {
            Holder::Session(_) => NOTE_SESSION,
            Holder::ApiKey(_) => NOTE_API_KEY,
            Holder::User(_) => return,
        };
        let seconds = self.milliseconds(now) / 1000 + NOTE_INTERVAL;
        let noted = state.noted_at.load(Ordering::Relaxed);
        let is_first = noted + NOTE_INTERVAL <= seconds
            && state
                .noted_at
                .compare_exchange(noted, seconds, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok();
        if is_first {
            let (pool, id) = (self.pool.clone(), state.id);
            tokio::spawn(async move {
                if let Err(error) = pool.write(statement, &[&id]).await {
                    let error = &error as &dyn std::error::Error;
                    tracing::debug!(error, "the use of a session was not noted");
                }
            });
        }
    }

    async fn look_up(&self, holder: Holder, asked: Instant) -> Result<Option<State>, RequestError> {
        let id: &(dyn ToSql + Sync) = match &holder {
            Holder::Session(id) | Holder::User(id) => id,
            Holder::ApiKey(hash) => &&hash[..],
        };
        let statement = match holder {
            Holder::Session(_) => SESSION,
            Holder::ApiKey(_) => API_KEY,
            Holder::User(_) => USER,
        };
        let rows = self.pool.query(statement, &[id]).await?;
        Ok(rows.first().map(|first| {
            let user: Uuid = first.get("user_id");
            let permissions = Permissions::new(rows.iter().filter_map(grant));
            let seconds: Option<f64> = first.get("seconds_left");
            let left = seconds.and_then(|left| Duration::try_from_secs_f64(left.max(0.0)).ok());
            State {
                id: first.get("id"),
                user,
                viewer: Arc::new(Viewer::user(user, Arc::new(permissions))),
                csrf_token_hash: first.get("csrf_token_hash"),
                // The database looked at its clock after we had looked at ours.
                valid_until: left.and_then(|left| asked.checked_add(left)),
                noted_at: AtomicU64::new(0),
            }
        }))
    }
}

/// The columns of a permission are null where there is none.
fn grant(row: &Row) -> Option<Grant> {
    let permission: Option<String> = row.get("permission");
    Some(Grant {
        permission: permission?,
        scope: row.get("scope_id"),
        allowed: row.get("is_allowed"),
    })
}

const SESSION: &str = "
SELECT s.id, u.id AS user_id, s.csrf_token_hash,
    extract(epoch FROM least(s.expires_at, access_boundary(u.id)) - now())::float8 AS seconds_left,
    p.permission, p.scope_id, p.effect = 'ALLOW' AS is_allowed
FROM user_sessions s
JOIN users u ON u.id = s.user_id
LEFT JOIN LATERAL effective_permissions(u.id) p ON true
WHERE s.id = $1 AND s.ended_at IS NULL AND s.expires_at > now()
    AND u.status = 'ACTIVE' AND u.deleted_at IS NULL";

/// A key can do no more than its user, and no more than it was made for.
const API_KEY: &str = "
SELECT k.id, u.id AS user_id, NULL::bytea AS csrf_token_hash,
    extract(epoch FROM least(k.expires_at, access_boundary(u.id)) - now())::float8 AS seconds_left,
    p.permission, p.scope_id, p.effect = 'ALLOW' AS is_allowed
FROM api_keys k
JOIN users u ON u.id = k.user_id
LEFT JOIN LATERAL effective_permissions(u.id) p ON p.permission = ANY (k.permissions)
WHERE k.key_hash = $1 AND k.revoked_at IS NULL AND k.expires_at > now()
    AND u.status = 'ACTIVE' AND u.deleted_at IS NULL";

const USER: &str = "
SELECT u.id, u.id AS user_id, NULL::bytea AS csrf_token_hash,
    extract(epoch FROM access_boundary(u.id) - now())::float8 AS seconds_left,
    p.permission, p.scope_id, p.effect = 'ALLOW' AS is_allowed
FROM users u
LEFT JOIN LATERAL effective_permissions(u.id) p ON true
WHERE u.id = $1 AND u.status = 'ACTIVE' AND u.deleted_at IS NULL";

/// Several servers may note the same minute.
const NOTE_SESSION: &str = "UPDATE user_sessions SET last_used_at = now()
    WHERE id = $1 AND last_used_at < now() - interval '30 seconds'";

const NOTE_API_KEY: &str = "UPDATE api_keys SET last_used_at = now()
    WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < now() - interval '30 seconds')";
