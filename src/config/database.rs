//! The settings of PostgreSQL: where it is, and how it is used.

use std::time::Duration;

use super::reader::{Reader, Setting};
use super::value::{self, DatabaseUrl};

/// Where PostgreSQL is, and how it is used.
#[derive(Debug, Clone)]
pub struct DatabaseConfig {
    /// The database that holds the truth.
    pub url: DatabaseUrl,
    /// Replicas of it that queries may read.
    pub read_urls: Vec<DatabaseUrl>,
    /// How many connections the server keeps to each of them.
    pub pool_size: usize,
    /// How long one statement may run before PostgreSQL ends it.
    pub statement_timeout: Duration,
    /// How long a read waits for a replica to reach the caller's last write.
    pub replica_wait: Duration,
    /// How far a replica may lag before queries leave it out.
    pub replica_lag_max: Duration,
    /// How long the answer to an `Idempotency-Key` is kept.
    pub idempotency_key_lifetime: Duration,
}

impl DatabaseConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        reader.section("Database");
        let url = reader.read_required(
            Setting::required(
                "DATABASE_URL",
                "The PostgreSQL database, 15 or newer with PostGIS:\n\
                 postgres://user:password@host:5432/name. The folder of a Unix socket is written\n\
                 percent-encoded in place of the host: postgres://user@%2Frun%2Fpostgresql/name.",
            )
            .hiding(value::hide_password),
            value::database_url,
        );
        Self {
            // Nobody sees this one: without the variable there is no configuration.
            url: url.unwrap_or_else(DatabaseUrl::unknown),
            read_urls: reader.read(
                Setting::new(
                    "DATABASE_READ_URLS",
                    "",
                    "Streaming replicas that queries may read, in the same form, with commas between.",
                )
                .hiding(value::hide_passwords),
                value::list(value::database_url),
            ),
            pool_size: reader.read(
                Setting::new(
                    "DATABASE_POOL_SIZE",
                    "10",
                    "How many connections the server keeps to each of these, from 1 to 1000.",
                ),
                value::whole(1, 1000),
            ),
            statement_timeout: reader.read(
                Setting::new(
                    "STATEMENT_TIMEOUT",
                    "10s",
                    "How long one statement may run before PostgreSQL ends it: 500ms, 10s, 2m;\n\
                     at most REQUEST_TIMEOUT.",
                ),
                value::duration,
            ),
            replica_wait: reader.read(
                Setting::new(
                    "REPLICA_WAIT",
                    "200ms",
                    "How long a read waits for a replica to reach the caller's last write before it\n\
                     goes to the primary; less than REQUEST_TIMEOUT. 0s: it goes there at once.",
                ),
                value::duration_or_zero,
            ),
            replica_lag_max: reader.read(
                Setting::new(
                    "REPLICA_LAG_MAX",
                    "30s",
                    "How far a replica may lag behind the primary before queries leave it out.",
                ),
                value::duration,
            ),
            idempotency_key_lifetime: reader.read(
                Setting::new(
                    "IDEMPOTENCY_KEY_LIFETIME",
                    "24h",
                    "How long the first answer to an Idempotency-Key is kept and given again.",
                ),
                value::duration,
            ),
        }
    }
}
