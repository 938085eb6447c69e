//! What the database promises of roles by itself, also to two at once.

use std::time::Duration;

use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Error};
use uuid::Uuid;

use crate::support::TestDatabase;

/// The name of the constraint that refuses it.
fn refusal<T>(result: Result<T, Error>) -> String {
    match result {
        Ok(_) => "accepted".to_owned(),
        Err(error) => {
            let error = error.as_db_error().unwrap_or_else(|| panic!("{error}"));
            error.constraint().unwrap_or_else(|| panic!("{error}")).to_owned()
        }
    }
}

async fn roles(client: &Client, names: &[&str]) {
    for name in names {
        client.execute("INSERT INTO roles (name) VALUES ($1)", &[name]).await.unwrap();
    }
}

async fn build(client: &Client, role: &str, inherited: &str) -> Result<u64, Error> {
    let sql = "INSERT INTO role_inheritance (role_id, inherited_role_id)
        SELECT heir.id, inherited.id FROM roles heir, roles inherited WHERE heir.name = $1 AND inherited.name = $2";
    client.execute(sql, &[&role, &inherited]).await
}

async fn administrator(client: &Client, name: &str) -> Uuid {
    let sql = "WITH made AS (INSERT INTO users (user_type, display_name) VALUES ('ADMINISTRATOR', $1) RETURNING id)
        INSERT INTO user_roles (user_id, role_id)
        SELECT made.id, roles.id FROM made, roles WHERE name = 'administrator' RETURNING user_id";
    client.query_one(sql, &[&name]).await.unwrap().get(0)
}

const REVOKE: &str =
    "UPDATE user_roles SET revoked_at = now() WHERE user_id = $1 AND revoked_at IS NULL";

/// Commits when another transaction waits for this one, or has had the time to go past it.
async fn commit_once_waited_for(one: &Client, third: &Client) {
    let waiting = "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
        WHERE NOT granted AND datname = current_database()";
    for _ in 0..40 {
        let row = third.query_one(waiting, &[]).await.unwrap();
        if row.get::<_, i64>(0) > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    one.batch_execute("COMMIT").await.unwrap();
}

#[tokio::test]
async fn roles_form_no_circle() {
    let database = TestDatabase::new().await;
    let client = database.connect().await;
    roles(&client, &["a", "b", "c"]).await;
    assert_eq!(refusal(build(&client, "a", "a").await), "role_inheritance_no_circle");
    build(&client, "a", "b").await.unwrap();
    build(&client, "b", "c").await.unwrap();
    assert_eq!(refusal(build(&client, "b", "a").await), "role_inheritance_no_circle");
    assert_eq!(refusal(build(&client, "c", "a").await), "role_inheritance_no_circle");
    let turn = "UPDATE role_inheritance SET inherited_role_id = role_id WHERE NOT is_shipped";
    assert_eq!(refusal(client.execute(turn, &[]).await), "role_inheritance_no_circle");
}

/// Each closes half of a circle, and neither sees the other's half before it is committed.
#[tokio::test]
async fn two_at_once_close_no_circle() {
    let database = TestDatabase::new().await;
    let (one, other, third) =
        tokio::join!(database.connect(), database.connect(), database.connect());
    for round in 0..10 {
        let (a, b) = (format!("a{round}"), format!("b{round}"));
        roles(&one, &[&a, &b]).await;
        let (first, second) = tokio::join!(build(&one, &a, &b), build(&other, &b, &a));
        let mut both = [refusal(first), refusal(second)];
        both.sort_unstable();
        assert_eq!(both, ["accepted", "role_inheritance_no_circle"], "round {round}");
    }
    // The first is not committed yet when the second begins.
    roles(&one, &["x", "y"]).await;
    one.batch_execute("BEGIN").await.unwrap();
    build(&one, "x", "y").await.unwrap();
    let (second, ()) = tokio::join!(build(&other, "y", "x"), commit_once_waited_for(&one, &third));
    assert_eq!(refusal(second), "role_inheritance_no_circle");
}

#[tokio::test]
async fn what_a_role_builds_on_counts_in_the_same_places() {
    let database = TestDatabase::new().await;
    let client = database.connect().await;
    client
        .batch_execute(
            "INSERT INTO firms (name, kind) VALUES ('One', 'LAW_FIRM'), ('Two', 'LAW_FIRM');
             INSERT INTO roles (name, scope, firm_id) SELECT 'of ' || name, 'FIRM', id FROM firms;
             INSERT INTO roles (name, scope) VALUES ('in firms', 'FIRM'), ('everywhere', 'EVERYWHERE')",
        )
        .await
        .unwrap();
    let unfit = "role_inheritance_inherited_role_id_fits";
    let table = [
        ("of One", "in firms", "accepted"),
        ("of One", "of Two", unfit),
        ("in firms", "of One", unfit),
        ("everywhere", "in firms", unfit),
        ("in firms", "everywhere", unfit),
    ];
    for (role, inherited, told) in table {
        assert_eq!(refusal(build(&client, role, inherited).await), told, "{role} on {inherited}");
    }
}

#[tokio::test]
async fn shipped_roles_keep_what_makes_them() {
    let database = TestDatabase::new().await;
    let client = database.connect().await;
    let table = [
        ("UPDATE roles SET name = 'boss' WHERE name = 'administrator'", "roles_shipped"),
        ("UPDATE roles SET deleted_at = now() WHERE name = 'staff'", "roles_shipped"),
        ("DELETE FROM role_permissions", "role_permissions_shipped"),
        ("UPDATE role_permissions SET effect = 'DENY'", "role_permissions_shipped"),
        ("DELETE FROM role_inheritance", "role_inheritance_shipped"),
        (
            "INSERT INTO role_permissions (role_id, permission_id, effect)
             SELECT roles.id, permissions.id, 'DENY' FROM roles, permissions
             WHERE roles.name = 'member' AND permissions.name = 'market.write'",
            "role_permissions_shipped_held",
        ),
    ];
    for (statement, told) in table {
        assert_eq!(refusal(client.execute(statement, &[]).await), told, "{statement}");
    }
}

#[tokio::test]
async fn an_assignment_is_ended_and_nothing_else() {
    let database = TestDatabase::new().await;
    let client = database.connect().await;
    administrator(&client, "Ada").await;
    let bob = administrator(&client, "Bob").await;
    for change in ["reason = 'x'", "ends_at = now() + interval '1 day'", "starts_at = now()"] {
        let change = format!("UPDATE user_roles SET {change}");
        assert_eq!(refusal(client.execute(&change, &[]).await), "user_roles_kept", "{change}");
    }
    let delete = "DELETE FROM user_roles";
    assert_eq!(refusal(client.execute(delete, &[]).await), "user_roles_kept");
    client.execute(REVOKE, &[&bob]).await.unwrap();
    let again = "UPDATE user_roles SET revoked_at = NULL WHERE user_id = $1";
    assert_eq!(refusal(client.execute(again, &[&bob]).await), "user_roles_kept");
    let twice = "INSERT INTO user_roles (user_id, role_id, starts_at)
        SELECT user_id, role_id, now() + interval '1 day' FROM user_roles WHERE revoked_at IS NULL";
    assert_eq!(refusal(client.execute(twice, &[]).await), "user_roles_overlap");
}

#[tokio::test]
async fn somebody_is_left_who_can_manage_roles() {
    let database = TestDatabase::new().await;
    let client = database.connect().await;
    let (ada, bob) = (administrator(&client, "Ada").await, administrator(&client, "Bob").await);
    let kept = "user_roles_administrator_kept";
    client.execute(REVOKE, &[&bob]).await.unwrap();
    assert_eq!(refusal(client.execute(REVOKE, &[&ada]).await), kept);
    let suspend = "UPDATE users SET status = 'SUSPENDED' WHERE id = $1";
    assert_eq!(refusal(client.execute(suspend, &[&ada]).await), kept);
    client.execute(suspend, &[&bob]).await.unwrap();
    client
        .batch_execute(
            "INSERT INTO roles (name) VALUES ('curbed'), ('empty');
             INSERT INTO role_permissions (role_id, permission_id, effect)
             SELECT roles.id, permissions.id, 'DENY' FROM roles, permissions
             WHERE roles.name = 'curbed' AND permissions.name = 'role.manage'",
        )
        .await
        .unwrap();
    let give = "INSERT INTO user_roles (user_id, role_id) SELECT $1, id FROM roles WHERE name = $2";
    assert_eq!(refusal(client.execute(give, &[&ada, &"curbed"]).await), kept);
    // The same by way of a role that the last one has already.
    client.execute(give, &[&ada, &"empty"]).await.unwrap();
    assert_eq!(refusal(build(&client, "empty", "curbed").await), kept);
    let deny = "INSERT INTO role_permissions (role_id, permission_id, effect)
        SELECT roles.id, permissions.id, 'DENY' FROM roles, permissions
        WHERE roles.name = 'empty' AND permissions.name = 'role.assign'";
    assert_eq!(refusal(client.execute(deny, &[]).await), kept);
}

/// Each ends the other, and neither sees that before it is committed.
#[tokio::test]
async fn two_administrators_do_not_end_each_other() {
    let database = TestDatabase::new().await;
    let (one, other, third) =
        tokio::join!(database.connect(), database.connect(), database.connect());
    let (ada, bob) = (administrator(&one, "Ada").await, administrator(&one, "Bob").await);
    one.batch_execute("BEGIN").await.unwrap();
    one.execute(REVOKE, &[&bob]).await.unwrap();
    let parameters: [&(dyn ToSql + Sync); 1] = [&ada];
    let revoke = other.execute(REVOKE, &parameters);
    let (second, ()) = tokio::join!(revoke, commit_once_waited_for(&one, &third));
    assert_eq!(refusal(second), "user_roles_administrator_kept");
}
