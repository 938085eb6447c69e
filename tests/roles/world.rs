//! People, firms and roles to begin with, and mutations told in a few words.

use serde_json::{Value, json};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::property::id;
use crate::support::{Asker, TestDatabase, TestServer, TestUser};

/// A server with a firm, and a way to its rows.
pub struct World {
    pub server: TestServer,
    pub client: Client,
    pub firm: Uuid,
    // Dropped last.
    _database: TestDatabase,
}

impl World {
    pub async fn new() -> Self {
        let database = TestDatabase::new().await;
        let server = TestServer::start(&database).await;
        let client = database.connect().await;
        let firm = firm(&client, "Ash & Elm").await;
        Self { server, client, firm, _database: database }
    }

    /// Somebody with a shipped role everywhere.
    pub async fn user(&self, role: &str) -> TestUser {
        self.server.user(role).await
    }

    /// Somebody with a shipped role in the firm, who works there.
    pub async fn colleague(&self, role: &str) -> TestUser {
        let user = TestUser::in_firm(&self.client, role, self.firm).await;
        self.employ(&user, self.firm).await;
        user
    }

    /// Somebody who works in a firm.
    pub async fn employ(&self, user: &TestUser, firm: Uuid) {
        let sql = "INSERT INTO firm_memberships (firm_id, user_id) VALUES ($1, $2)";
        self.client.execute(sql, &[&firm, &user.id]).await.unwrap();
    }

    /// Somebody with a role of his own that allows these permissions everywhere.
    pub async fn holder(&self, permissions: &[&str]) -> TestUser {
        let user = self.user("buyer").await;
        let role = self.role(&format!("Role of {}", user.id), None).await;
        for permission in permissions {
            self.say(role, "ALLOW", permission).await;
        }
        self.give(&user, role, None).await;
        user
    }

    /// A role without permissions: the server's, or a firm's own.
    pub async fn role(&self, name: &str, firm: Option<Uuid>) -> Uuid {
        let sql = "INSERT INTO roles (name, firm_id, scope)
            VALUES ($1, $2, CASE WHEN $2::uuid IS NULL THEN 'EVERYWHERE' ELSE 'FIRM' END) RETURNING id";
        self.client.query_one(sql, &[&name, &firm]).await.unwrap().get(0)
    }

    /// A shipped role, or one that a test made.
    pub async fn named(&self, name: &str) -> Uuid {
        let sql = "SELECT id FROM roles WHERE name = $1 AND deleted_at IS NULL";
        self.client.query_one(sql, &[&name]).await.unwrap().get(0)
    }

    /// Lets a role say something of a permission.
    pub async fn say(&self, role: Uuid, effect: &str, permission: &str) {
        let sql = "INSERT INTO role_permissions (role_id, permission_id, effect)
            SELECT $1, id, $2::text FROM permissions WHERE name = $3";
        assert_eq!(self.client.execute(sql, &[&role, &effect, &permission]).await.unwrap(), 1);
    }

    /// Gives a role; `until` is an interval from now.
    pub async fn give(&self, user: &TestUser, role: Uuid, until: Option<&str>) -> Uuid {
        let sql = "INSERT INTO user_roles (user_id, role_id, ends_at)
            VALUES ($1, $2, now() + $3::text::interval) RETURNING id";
        self.client.query_one(sql, &[&user.id, &role, &until]).await.unwrap().get(0)
    }

    /// Asks as somebody.
    pub fn ask(&self, user: &TestUser) -> Asker<'_> {
        self.server.as_user(user)
    }

    /// The kinds of security events since the first, in order.
    pub async fn events(&self) -> Vec<String> {
        let sql = "SELECT kind::text FROM security_events ORDER BY id";
        self.client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
    }

    /// Whether somebody has a permission, as the server says.
    pub async fn can(&self, user: &TestUser, permission: &str) -> bool {
        let query =
            "query ($permission: String!) { viewer { can(permission: $permission) { allowed } } }";
        let answer = self.ask(user).query(query, json!({ "permission": permission })).await;
        answer.data()["viewer"]["can"]["allowed"].as_bool().unwrap()
    }
}

/// A firm.
pub async fn firm(client: &Client, name: &str) -> Uuid {
    let sql = "INSERT INTO firms (name, kind) VALUES ($1, 'LAW_FIRM') RETURNING id";
    client.query_one(sql, &[&name]).await.unwrap().get(0)
}

/// Runs a mutation; `done`, the code of its refusal, or its mistakes as `CODE at path`.
pub async fn run(asker: Asker<'_>, mutation: &str, input: Value) -> String {
    answer(asker, mutation, "position", input).await.0
}

/// The same, with what is selected of the payload.
pub async fn answer(
    asker: Asker<'_>,
    mutation: &str,
    selection: &str,
    input: Value,
) -> (String, Value) {
    let input_type = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
    let text = format!(
        "mutation ($input: {input_type}!) {{ it: {mutation}(input: $input) {{ {selection} errors {{ code path }} }} }}"
    );
    let answer = asker.query(&text, json!({ "input": input })).await;
    if let Some(code) = answer.error_codes().first() {
        return ((*code).to_owned(), Value::Null);
    }
    let payload = answer.data()["it"].clone();
    let mistakes = payload["errors"].as_array().unwrap().iter().map(|mistake| {
        let path = mistake["path"].as_array().unwrap().iter().filter_map(Value::as_str);
        let path: Vec<&str> = path.collect();
        format!("{} at {}", mistake["code"].as_str().unwrap(), path.join("."))
    });
    let mistakes: Vec<String> = mistakes.collect();
    (if mistakes.is_empty() { "done".to_owned() } else { mistakes.join(", ") }, payload)
}

/// What names a role and a permission.
pub fn of(role: Uuid, permission: &str) -> Value {
    json!({ "roleId": id("Role", role), "permission": permission })
}

/// What names two roles, the first to build on the second.
pub fn on(role: Uuid, inherited: Uuid) -> Value {
    json!({ "roleId": id("Role", role), "inheritedRoleId": id("Role", inherited) })
}

/// What names somebody and a role, in a firm or everywhere.
pub fn to(user: &TestUser, role: Uuid, firm: Option<Uuid>) -> Value {
    json!({
        "userId": id("User", user.id),
        "roleId": id("Role", role),
        "firmId": firm.map(|firm| id("Firm", firm)),
    })
}
