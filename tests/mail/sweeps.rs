//! What is gone once its time is over, and what stays.

use std::time::Duration;

use agent_free::config::JobsConfig;
use agent_free::jobs::{Jobs, Worker};
use loaders::Pool;

use super::{has_job, until};
use crate::support::{TestDatabase, default_config};

const ROWS: &str = "
    INSERT INTO users (id, user_type, display_name, status, created_at) VALUES
        ('00000000-0000-7000-8000-000000000001', 'BUYER', 'old', 'PENDING', now() - interval '8 days'),
        ('00000000-0000-7000-8000-000000000002', 'BUYER', 'new', 'PENDING', now() - interval '6 days'),
        ('00000000-0000-7000-8000-000000000003', 'BUYER', 'verified', 'ACTIVE', now() - interval '9 days');
    INSERT INTO user_authentication (user_id, email)
    SELECT id, display_name || '@example.test' FROM users;
    INSERT INTO login_attempts (email_hash, user_id, address, outcome)
    SELECT '\\x01', id, '192.0.2.1', 'WRONG' FROM users;
    INSERT INTO user_tokens (user_id, purpose, email, token_hash, expires_at)
    SELECT id, 'RESET_PASSWORD', display_name || age || '@example.test', sha256((display_name || age)::bytea),
        now() - age * interval '1 day'
    FROM users, unnest(ARRAY[6, 8]) AS age;
    INSERT INTO user_sessions (user_id, transport, refresh_token_hash, authenticated_by, address,
        refresh_expires_at, expires_at)
    SELECT id, 'BEARER', sha256(display_name::bytea), 'PASSWORD', '192.0.2.1', now(),
        now() - CASE display_name WHEN 'new' THEN interval '29 days' ELSE interval '31 days' END
    FROM users WHERE display_name <> 'old';
    INSERT INTO user_session_tokens (session_id, token_hash)
    SELECT id, refresh_token_hash FROM user_sessions;
    INSERT INTO jobs (name, last_error, failed_at)
    SELECT 'send_mail', 'away', now() - age * interval '1 day' FROM unnest(ARRAY[29, 31]) AS age";

#[tokio::test]
async fn what_is_over_is_swept_and_nothing_else() {
    let database = TestDatabase::new().await;
    database.execute(ROWS).await;
    let client = database.connect().await;
    let pool = Pool::new(database.url().parse().unwrap(), 3, Duration::from_secs(10)).unwrap();
    let config = JobsConfig { workers: 2, timeout: Duration::from_secs(10), attempts_max: 2 };
    let jobs = Jobs::new();
    let _worker = Worker::start(pool, default_config(&database).database.url, jobs, &config);
    let undone = "is_periodic AND NOT (attempts = 0 AND run_at > now())";
    until("all sweeps have run", async || {
        has_job(&client, "is_periodic").await && !has_job(&client, undone).await
    })
    .await;

    let lists = [
        (
            "SELECT display_name || ' ' || status || ' ' || (deleted_at IS NULL) FROM users ORDER BY id",
            &["Closed account CLOSED false", "new PENDING true", "verified ACTIVE true"][..],
        ),
        (
            "SELECT email FROM user_authentication ORDER BY 1",
            &["new@example.test", "verified@example.test"],
        ),
        // Those of the closed account went with it.
        (
            "SELECT email FROM user_tokens ORDER BY 1",
            &["new6@example.test", "verified6@example.test"],
        ),
        ("SELECT display_name FROM user_sessions JOIN users ON users.id = user_id", &["new"]),
        ("SELECT count(*)::text FROM user_session_tokens", &["1"]),
        ("SELECT count(*)::text FROM login_attempts", &["3"]),
        ("SELECT count(*)::text FROM jobs WHERE failed_at IS NOT NULL", &["1"]),
    ];
    for (sql, expected) in lists {
        let rows = client.query(sql, &[]).await.unwrap();
        let found: Vec<&str> = rows.iter().map(|row| row.get(0)).collect();
        assert_eq!(found, expected, "{sql}");
    }
}
