//! What roles come to: denials at any depth, several ways to one role, scopes, and time.

use loaders::{Grant, Permissions};
use tokio_postgres::Client;
use uuid::Uuid;

use super::world::firm;
use crate::support::TestDatabase;

const PERMISSION: &str = "property.read";

/// Roles made as a few words say: `a+` allows and `a-` denies, `a>b` builds on, `@a` is assigned
/// everywhere, `@f/1` in the first of two firms. Roles from `f` on count in firms.
async fn make(client: &Client, firms: &[Uuid; 2], words: &str) -> Uuid {
    let user = Uuid::now_v7();
    let name = |role: &str| format!("{role} {user}");
    let insert = "INSERT INTO users (id, user_type, display_name) VALUES ($1, 'BUYER', 'Somebody')";
    client.execute(insert, &[&user]).await.unwrap();
    let mut roles: Vec<char> = words.chars().filter(char::is_ascii_lowercase).collect();
    roles.sort_unstable();
    roles.dedup();
    for role in roles {
        let scope = if role < 'f' { "EVERYWHERE" } else { "FIRM" };
        let sql = "INSERT INTO roles (name, scope) VALUES ($1, $2::text)";
        client.execute(sql, &[&name(&role.to_string()), &scope]).await.unwrap();
    }
    for word in words.split_whitespace() {
        let (role, rest) = match word.strip_prefix('@') {
            Some(role) => (&role[..1], &word[..1]),
            None => word.split_at(1),
        };
        let role_id = "(SELECT id FROM roles WHERE name = $1)";
        let (role, rest) = (name(role), rest.to_owned());
        let made = match rest.as_bytes()[0] {
            b'>' => {
                let sql = format!(
                    "INSERT INTO role_inheritance (role_id, inherited_role_id)
                     SELECT {role_id}, id FROM roles WHERE name = $2"
                );
                client.execute(&sql, &[&role, &name(&rest[1..])]).await
            }
            b'@' => {
                let place = word.split_once('/').map(|(_, place)| place.parse::<usize>().unwrap());
                let sql = format!(
                    "INSERT INTO user_roles (role_id, user_id, firm_id) VALUES ({role_id}, $2, $3)"
                );
                client.execute(&sql, &[&role, &user, &place.map(|place| firms[place - 1])]).await
            }
            sign => {
                let effect = if sign == b'+' { "ALLOW" } else { "DENY" };
                let sql = format!(
                    "INSERT INTO role_permissions (role_id, permission_id, effect)
                     SELECT {role_id}, id, $2::text FROM permissions WHERE name = '{PERMISSION}'"
                );
                client.execute(&sql, &[&role, &effect]).await
            }
        };
        assert_eq!(made.unwrap_or_else(|error| panic!("{word}: {error:?}")), 1, "{word}");
    }
    user
}

/// What the database says of a user.
async fn permissions(client: &Client, user: Uuid) -> Permissions {
    let sql = "SELECT permission, scope_id, effect = 'ALLOW' FROM effective_permissions($1)";
    let rows = client.query(sql, &[&user]).await.unwrap();
    let grant = |row: &tokio_postgres::Row| Grant {
        permission: row.get(0),
        scope: row.get(1),
        allowed: row.get(2),
    };
    Permissions::new(rows.iter().map(grant))
}

#[tokio::test]
async fn roles_come_to_what_they_say() {
    let database = TestDatabase::new().await;
    let client = database.connect().await;
    let firms = [firm(&client, "One").await, firm(&client, "Two").await];
    let table = [
        // The roles; whether it holds everywhere, in the first firm, in the second.
        ("", false, false, false),
        ("a+", false, false, false),
        ("a+ @a", true, true, true),
        ("a>b b+ @a", true, true, true),
        ("a>b b+ @b", true, true, true),
        ("a>b a+ @b", false, false, false),
        ("a>b b>c c>d d+ @a", true, true, true),
        ("a- a>b b+ @a", false, false, false),
        ("a+ a>b b>c c>d d- @a", false, false, false),
        ("a+ b- @a @b", false, false, false),
        ("a+ a>b b- c+ @a @c", false, false, false),
        ("a>b a>c b>d c>d d+ @a", true, true, true),
        ("a>b a>c b>d c>d b+ d- @a", false, false, false),
        ("a>b a>c b>d c>d a>d c- d+ @a", false, false, false),
        ("f+ @f/1", false, true, false),
        ("f+ @f/1 @f/2", false, true, true),
        ("f>g g>h h+ @f/2", false, false, true),
        ("f+ f>g g- @f/1", false, false, false),
        ("a+ f- @a @f/1", true, false, true),
        ("a+ f>g g- @a @f/1", true, false, true),
        ("a- f+ @a @f/1", false, false, false),
        ("f+ g- @f/1 @g/2", false, true, false),
        ("a+ f+ g- @a @f/1 @g/1", true, false, true),
    ];
    for (words, everywhere, first, second) in table {
        let user = make(&client, &firms, words).await;
        let permissions = permissions(&client, user).await;
        let found = [None, Some(firms[0]), Some(firms[1])]
            .map(|scope| permissions.allows(PERMISSION, scope));
        assert_eq!(found, [everywhere, first, second], "{words}");
    }
}

#[tokio::test]
async fn many_ways_to_a_role_are_one() {
    let database = TestDatabase::new().await;
    let client = database.connect().await;
    // Two roles a level, each building on both of the next: two to the power of levels ways.
    client
        .batch_execute(
            "INSERT INTO roles (name) SELECT 'l' || level || side FROM generate_series(0, 30) level, unnest('{a,b}'::text[]) side;
             INSERT INTO role_inheritance (role_id, inherited_role_id)
             SELECT heir.id, inherited.id FROM generate_series(0, 29) level, unnest('{a,b}'::text[]) x, unnest('{a,b}'::text[]) y,
                 roles heir, roles inherited
             WHERE heir.name = 'l' || level || x AND inherited.name = 'l' || (level + 1) || y;
             INSERT INTO role_permissions (role_id, permission_id, effect)
             SELECT roles.id, permissions.id, 'ALLOW' FROM roles, permissions WHERE roles.name = 'l30b' AND permissions.name = 'property.read';
             INSERT INTO role_inheritance (role_id, inherited_role_id)
             SELECT heir.id, inherited.id FROM roles heir, roles inherited WHERE heir.name = 'l0a' AND inherited.name = 'l28a';
             INSERT INTO users (user_type, display_name) VALUES ('BUYER', 'Somebody');
             INSERT INTO user_roles (user_id, role_id) SELECT users.id, roles.id FROM users, roles WHERE roles.name = 'l0a'",
        )
        .await
        .unwrap();
    let sql = "SELECT cardinality(role_path) FROM users, effective_permissions(users.id)";
    let rows = client.query(sql, &[]).await.unwrap();
    let lengths: Vec<i32> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(lengths, [4], "one rule, by its shortest way: l0a, l28a, l29, l30b");
}

#[tokio::test]
async fn assignments_begin_and_end_at_their_moment() {
    let database = TestDatabase::new().await;
    let client = database.connect().await;
    client
        .batch_execute(
            "INSERT INTO users (user_type, display_name) VALUES ('STAFF', 'Somebody');
             INSERT INTO user_roles (user_id, role_id, starts_at, ends_at)
             SELECT users.id, roles.id, '2030-01-01T10:00:00Z', '2030-01-01T18:00:00Z' FROM users, roles WHERE name = 'staff';
             INSERT INTO user_roles (user_id, role_id, starts_at, revoked_at)
             SELECT users.id, roles.id, '2030-01-01T00:00:00Z', now() FROM users, roles WHERE name = 'administrator'",
        )
        .await
        .unwrap();
    let table = [
        // The moment; whether it counts, and when that changes next.
        ("2030-01-01T09:59:59.999999Z", false, Some("10:00")),
        ("2030-01-01T10:00:00Z", true, Some("18:00")),
        ("2030-01-01T17:59:59.999999Z", true, Some("18:00")),
        ("2030-01-01T18:00:00Z", false, None),
    ];
    for (moment, counts, next) in table {
        let sql = "SELECT
                EXISTS (SELECT FROM effective_permissions(id, $1::text::timestamptz)
                    WHERE permission = 'property.read' AND valid_until = '2030-01-01T18:00:00Z'),
                EXISTS (SELECT FROM effective_permissions(id, $1::text::timestamptz)
                    WHERE permission = 'role.manage'),
                to_char(access_boundary(id, $1::text::timestamptz) AT TIME ZONE 'UTC', 'HH24:MI')
            FROM users";
        let row = client.query_one(sql, &[&moment]).await.unwrap();
        let found: (bool, bool, Option<String>) = (row.get(0), row.get(1), row.get(2));
        assert_eq!(found, (counts, false, next.map(str::to_owned)), "{moment}");
    }
}
