//! People and firms through HTTP: who sees what is known of a person, how somebody is reached, and
//! how people come to work together.

mod contacts;
mod firms;
mod invitations;
mod preferences;
mod profiles;
mod visibility;

use serde_json::{Value, json};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::support::{Answer, Asker, TestDatabase, TestServer, TestUser};

/// A database with a server on it.
struct World {
    database: TestDatabase,
    server: TestServer,
    client: Client,
}

impl World {
    async fn new() -> Self {
        let database = TestDatabase::new().await;
        let server = TestServer::start(&database).await;
        Self::of(database, server).await
    }

    async fn of(database: TestDatabase, server: TestServer) -> Self {
        let client = database.connect().await;
        Self { database, server, client }
    }

    /// A new user with this shipped role.
    async fn user(&self, role: &str) -> TestUser {
        TestUser::of_role(&self.client, role).await
    }

    /// A firm, whose administrator is the first and whose members the others.
    async fn firm(&self, members: &[&TestUser]) -> Uuid {
        let firm = self.insert("firms", "name, kind", "'Ash & Elm', 'LAW_FIRM'").await;
        for (place, member) in members.iter().enumerate() {
            let role = if place == 0 { "firm_administrator" } else { "firm_member" };
            self.join(firm, member, role).await;
        }
        firm
    }

    async fn join(&self, firm: Uuid, member: &TestUser, role: &str) {
        let values = format!("'{firm}', '{}'", member.id);
        self.insert("firm_memberships", "firm_id, user_id", &values).await;
        let role = format!("(SELECT id FROM roles WHERE is_shipped AND name = '{role}')");
        self.insert("user_roles", "firm_id, user_id, role_id", &format!("{values}, {role}")).await;
    }

    /// A draft of this owner.
    async fn property(&self, owner: &TestUser) -> Uuid {
        let kind = "(SELECT id FROM property_types WHERE code = 'RESIDENTIAL')";
        let values = format!("'{}', {kind}", owner.id);
        self.insert("properties", "owner_id, property_type_id", &values).await
    }

    /// A row, straight in the database.
    async fn insert(&self, table: &str, columns: &str, values: &str) -> Uuid {
        let sql = format!("INSERT INTO {table} ({columns}) VALUES ({values}) RETURNING id");
        self.client
            .query_one(&sql, &[])
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error:?}"))
            .get(0)
    }

    /// The first column of a statement's only row.
    async fn count(&self, sql: &str) -> i64 {
        self.client.query_one(sql, &[]).await.unwrap().get(0)
    }
}

/// The id of a row, as clients know it.
fn id(type_name: &str, uuid: Uuid) -> String {
    crate::property::id(type_name, uuid)
}

/// Runs one mutation; `selection` is what the payload has beside errors.
async fn run(asker: Asker<'_>, name: &str, selection: &str, input: Value) -> Answer {
    let input_type = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
    let query = format!(
        "mutation($input: {input_type}!) {{ {name}(input: $input) {{ {selection} errors {{ code path message }} }} }}"
    );
    asker.query(&query, json!({ "input": input })).await
}

/// The payload of a mutation that did what it was asked.
#[track_caller]
fn done(answer: &Answer) -> &Value {
    let payload = answer.data().as_object().unwrap().values().next().unwrap();
    assert_eq!(payload["errors"], json!([]), "{}", answer.pretty());
    payload
}

/// What a mutation refused: `CODE path`, or the code of an error that is none of the input's.
#[track_caller]
fn refused(answer: &Answer) -> String {
    if let Some(code) = answer.error_codes().first() {
        return (*code).to_owned();
    }
    let payload = answer.data().as_object().unwrap().values().next().unwrap();
    let error = &payload["errors"][0];
    let path: Vec<&str> =
        error["path"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    format!("{} {}", error["code"].as_str().unwrap_or("done"), path.join("."))
}

/// The ids that a list field of the query root gives to somebody.
async fn seen(asker: Asker<'_>, field: &str) -> Vec<String> {
    let query = format!("{{ {field}(first: 50) {{ nodes {{ id }} }} }}");
    let answer = asker.query(&query, json!({})).await;
    let nodes = answer.data()[field]["nodes"].as_array().unwrap();
    nodes.iter().map(|node| node["id"].as_str().unwrap().to_owned()).collect()
}

/// Whether somebody finds a thing by its id.
async fn finds(asker: Asker<'_>, id: &str) -> bool {
    let answer = asker.query("query($id: ID!) { node(id: $id) { id } }", json!({ "id": id })).await;
    !answer.data()["node"].is_null()
}
