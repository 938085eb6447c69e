//! An import that is killed in the middle leaves nothing, and the next one does all of it.

use std::time::Duration;

use super::{Files, ROWS, agent_free, state};
use crate::support::TestDatabase;

#[tokio::test]
async fn a_killed_import_leaves_nothing_behind() {
    let database = TestDatabase::new().await;
    let before = state(&database).await;
    let files = Files::of_rows(&ROWS);

    // The listings are held, so the import must stop there, with its properties written.
    let client = database.connect().await;
    client.batch_execute("BEGIN; LOCK TABLE listings IN EXCLUSIVE MODE").await.unwrap();
    let mut import = agent_free(&database, &["import", &files.mapping_text()]).spawn().unwrap();
    let observer = database.connect().await;
    let waits = "SELECT EXISTS (SELECT FROM pg_locks l
                     JOIN pg_stat_activity a USING (pid)
                     WHERE NOT l.granted AND a.datname = current_database()
                       AND a.query LIKE 'INSERT INTO listings%')";
    tokio::time::timeout(Duration::from_secs(60), async {
        while !observer.query_one(waits, &[]).await.unwrap().get::<_, bool>(0) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .expect("the import never came to the listings");
    import.kill().await.unwrap();
    client.batch_execute("ROLLBACK").await.unwrap();
    drop(client);

    // PostgreSQL notices the death when it next speaks to the importer.
    let left = "SELECT EXISTS (SELECT FROM pg_stat_activity
                    WHERE datname = current_database() AND pid <> pg_backend_pid()
                      AND query LIKE 'INSERT INTO listings%')";
    while observer.query_one(left, &[]).await.unwrap().get::<_, bool>(0) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(state(&database).await, before);
    let again = files.import(&database).await;
    assert_eq!((again.inserted, again.unchanged), (3, 0));
}

#[tokio::test]
async fn two_imports_at_once_are_one_after_the_other() {
    let database = TestDatabase::new().await;
    let files = Files::of_rows(&ROWS);
    let (one, other) = tokio::join!(files.import(&database), files.import(&database));
    let mut inserted = [one.inserted, other.inserted];
    inserted.sort_unstable();
    assert_eq!(inserted, [0, 3]);
    assert_eq!(one.unchanged + other.unchanged, 3);
}
