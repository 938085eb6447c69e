//! The migrated database that every test's own is a copy of.
//!
//! It is made once for each state of the migrations and kept: its name holds a hash of their
//! source. An advisory lock lets one of several test programs make it while the others wait.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectOptions, Database};
use tokio::sync::OnceCell;
use tokio_postgres::Client;

use super::database::{connect, server_url, url_of};

const LOCK: i64 = i64::from_be_bytes(*b"agtstfre");

static NAME: OnceCell<String> = OnceCell::const_new();

/// The template's name. The first caller makes it if need be.
pub async fn name() -> &'static str {
    NAME.get_or_init(prepare).await
}

async fn prepare() -> String {
    let server = connect(&server_url()).await;
    server.execute("SELECT pg_advisory_lock($1)", &[&LOCK]).await.unwrap();
    drop_left_behind(&server).await;
    let name = format!("agent_free_template_{:016x}", hash_of_migrations());
    let exists = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)";
    if !server.query_one(exists, &[&name]).await.unwrap().get::<_, bool>(0) {
        // Made under another name, so that one that was not finished is never copied.
        let unfinished = format!("{name}_unfinished");
        let statement = format!("DROP DATABASE IF EXISTS {unfinished} WITH (FORCE)");
        server.batch_execute(&statement).await.unwrap();
        server.batch_execute(&format!("CREATE DATABASE {unfinished}")).await.unwrap();
        migrate(&url_of(&unfinished)).await;
        let statement = format!("ALTER DATABASE {unfinished} RENAME TO {name}");
        server.batch_execute(&statement).await.unwrap();
    }
    name
}

async fn migrate(url: &str) {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    let connection = Database::connect(options).await.unwrap();
    Migrator::up(&connection, None).await.unwrap();
    connection.close().await.unwrap();
}

/// Drops what test programs that were killed have left, and templates of older migrations.
async fn drop_left_behind(server: &Client) {
    let old = "
        SELECT datname
        FROM pg_database,
            pg_stat_file('base/' || oid || '/PG_VERSION', true) AS file,
            LATERAL (SELECT now() - file.modification) AS since(age)
        WHERE datname LIKE 'agent\\_free\\_test\\_%' AND age > interval '1 hour'
           OR datname LIKE 'agent\\_free\\_template\\_%' AND age > interval '1 day'";
    for row in server.query(old, &[]).await.unwrap() {
        let statement = format!("DROP DATABASE IF EXISTS {}", row.get::<_, &str>(0));
        // One that is in use is not left behind.
        let _ = server.batch_execute(&statement).await;
    }
}

fn hash_of_migrations() -> u64 {
    let mut hasher = DefaultHasher::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migration/src");
    for file in files_below(&folder) {
        fs::read(&file).unwrap().hash(&mut hasher);
    }
    hasher.finish()
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}
