//! Migrations go up and down by one step, one process at a time.

use super::{Ended, run};
use crate::support::TestDatabase;

async fn migrate(database: &TestDatabase, arguments: &[&str]) -> Ended {
    let arguments = [&["migrate"], arguments].concat();
    run(&arguments, &[("DATABASE_URL", database.url())]).await
}

#[tokio::test]
async fn of_two_at_once_one_runs_and_one_waits() {
    let database = TestDatabase::empty().await;
    let (first, second) = tokio::join!(migrate(&database, &[]), migrate(&database, &[]));
    assert_eq!((first.code, second.code), (Some(0), Some(0)), "{}{}", first.err, second.err);
    let applied =
        |ended: &Ended| ended.out.lines().filter(|line| line.starts_with("applied")).count();
    let idle = if applied(&first) == 0 { &first } else { &second };
    assert!(applied(&first) == 0 || applied(&second) == 0, "{}{}", first.out, second.out);
    assert!(idle.out.contains("nothing to do"), "{}", idle.out);
}

#[tokio::test]
async fn steps_can_be_undone_and_are_listed() {
    let database = TestDatabase::new().await;
    let undone = migrate(&database, &["--down", "1"]).await;
    assert_eq!(undone.code, Some(0), "{}", undone.err);
    assert_eq!(undone.out.lines().count(), 1);
    let name = undone.out.trim().strip_prefix("undid ").unwrap();

    let status = migrate(&database, &["--status"]).await;
    assert!(status.out.contains(&format!("pending  {name}\n")), "{}", status.out);
    let again = migrate(&database, &[]).await;
    assert!(again.out.starts_with(&format!("applied {name} in ")), "{}", again.out);
}

#[tokio::test]
async fn a_newer_database_is_left_alone() {
    let database = TestDatabase::new().await;
    database.execute("INSERT INTO seaql_migrations VALUES ('m9999_future', 0)").await;
    let ended = migrate(&database, &[]).await;
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("the database is newer than this program"), "{}", ended.err);
}
