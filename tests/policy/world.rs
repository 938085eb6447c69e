//! What a cell of the matrix is about: a draft of a property with all that hangs on it, its owner,
//! and a firm that manages it for him.

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use tokio_postgres::Client;
use uuid::Uuid;

use super::rows::Tables;
use super::sessions::email;
use crate::property::id;
use crate::support::{Asking, TestUser};

/// Who asks: a column of the matrix. First what roles do, then what one has to do with the property.
pub const VIEWERS: [&str; 16] = [
    "anonymous",
    "member",
    "buyer",
    "seller",
    "attorney",
    "service",
    "staff",
    "administrator",
    "firm_member",
    "firm_administrator",
    "outsider",
    "views",
    "edits",
    "manages",
    "sells",
    "owner",
];

/// Rows of one owner, made when they are first asked for.
pub struct World<'a> {
    client: &'a Client,
    tables: &'a Tables,
    pub owner: TestUser,
    firm: Uuid,
    rows: HashMap<String, Uuid>,
    people: HashMap<&'static str, TestUser>,
}

impl<'a> World<'a> {
    pub async fn new(client: &'a Client, tables: &'a Tables) -> Self {
        let owner = TestUser::of_role(client, "member").await;
        let firm = tables.insert(client, "firms", Map::new()).await;
        let rows = HashMap::from([("users".to_owned(), owner.id), ("firms".to_owned(), firm)]);
        let mut world = Self { client, tables, owner, firm, rows, people: HashMap::new() };
        let helper = world.helper(json!({ "firm_id": firm, "capability": "MANAGE" })).await;
        world.rows.insert("property_collaborators".to_owned(), helper);
        world
    }

    async fn helper(&mut self, helper: Value) -> Uuid {
        let mut helper = object(helper);
        helper.insert("property_id".to_owned(), json!(self.row("properties").await));
        self.tables.insert(self.client, "property_collaborators", helper).await
    }

    /// Somebody of this column.
    pub async fn asking(&mut self, viewer: &'static str) -> Asking {
        if viewer == "anonymous" {
            return Asking::Anonymous;
        }
        let person = self.person(viewer).await;
        if viewer == "sells" {
            self.row("listings").await;
        }
        Asking::User(person)
    }

    /// The one person of this column, or a `colleague`: a member of the firm who does not ask.
    pub async fn person(&mut self, viewer: &'static str) -> TestUser {
        if let Some(person) = self.people.get(viewer) {
            return person.clone();
        }
        let person = match viewer {
            "owner" => self.owner.clone(),
            "colleague" => {
                let person = TestUser::in_firm(self.client, "firm_member", self.firm).await;
                self.people.insert(viewer, person.clone());
                self.row("firm_memberships").await;
                person
            }
            // Somebody with every right, in another firm.
            "outsider" => {
                let firm = self.another("Firm").await;
                self.member("firm_administrator", firm).await
            }
            "firm_member" | "firm_administrator" => self.member(viewer, self.firm).await,
            "views" | "edits" | "manages" => {
                let person = TestUser::of_role(self.client, "member").await;
                let capability = viewer.trim_end_matches('s').to_uppercase();
                self.helper(json!({ "user_id": person.id, "capability": capability })).await;
                person
            }
            "sells" => TestUser::of_role(self.client, "member").await,
            role => TestUser::of_role(self.client, role).await,
        };
        self.people.insert(viewer, person.clone());
        person
    }

    /// Somebody who works in a firm and has a role there.
    async fn member(&self, role: &str, firm: Uuid) -> TestUser {
        let member = TestUser::in_firm(self.client, role, firm).await;
        let membership = object(json!({ "firm_id": firm, "user_id": member.id }));
        self.tables.insert(self.client, "firm_memberships", membership).await;
        member
    }

    /// Runs statements that give nothing back.
    pub async fn execute(&self, statements: &str) {
        self.client.batch_execute(statements).await.unwrap_or_else(|error| {
            panic!("{statements}: {:?}", error.as_db_error());
        });
    }

    /// What the owner's contact method leads to.
    pub fn contact_email(&self) -> String {
        format!("{}@example.com", self.owner.id)
    }

    /// The id of the row of this type, as the database knows it.
    pub async fn uuid(&mut self, type_name: &str) -> Uuid {
        let table = self.tables.of_type(type_name);
        self.row(&table).await
    }

    /// That of a second row of this type; the rows that it needs are the same.
    pub async fn another(&mut self, type_name: &str) -> Uuid {
        let table = self.tables.of_type(type_name);
        let key = format!("another of {table}");
        if let Some(row) = self.rows.get(&key) {
            return *row;
        }
        let row = Box::pin(self.make(&table)).await;
        self.rows.insert(key, row);
        row
    }

    /// The id of the row of this type, as clients know it.
    pub async fn id(&mut self, type_name: &str) -> String {
        let table = self.tables.of_type(type_name);
        let row = self.row(&table).await;
        id(type_name, row)
    }

    async fn row(&mut self, table: &str) -> Uuid {
        if table == "firm_memberships" {
            // It comes with its member.
            Box::pin(self.person("colleague")).await;
        }
        if let Some(row) = self.rows.get(table) {
            return *row;
        }
        let row = match self.shared(table).await {
            Some(row) => row,
            None => Box::pin(self.make(table)).await,
        };
        self.rows.insert(table.to_owned(), row);
        row
    }

    async fn make(&mut self, table: &str) -> Uuid {
        let mut values = Box::pin(self.usual(table)).await;
        for (column, target) in self.tables.references(table, &values) {
            let target = Box::pin(self.row(&target)).await;
            values.insert(column, json!(target));
        }
        self.tables.insert(self.client, table, values).await
    }

    /// A row of a list of codes, which are everyone's.
    async fn shared(&self, table: &str) -> Option<Uuid> {
        let codes = [
            "amenities",
            "amenity_categories",
            "listing_statuses",
            "marketing_channels",
            "permissions",
            "property_feature_types",
            "property_sub_types",
            "property_types",
            "property_use_categories",
        ];
        if !codes.contains(&table) {
            return None;
        }
        let kind =
            if table == "property_feature_types" { "WHERE value_kind = 'NUMBER'" } else { "" };
        let first = format!("SELECT id FROM {table} {kind} ORDER BY id LIMIT 1");
        Some(self.client.query_one(&first, &[]).await.unwrap().get(0))
    }

    /// What makes a row one of this world, and what the database's rules want of it.
    async fn usual(&mut self, table: &str) -> Map<String, Value> {
        let owner = self.owner.id;
        object(match table {
            "properties" => json!({ "owner_id": owner }),
            "listings" => {
                let seller = self.person("sells").await.id;
                json!({ "seller_id": seller, "standard_status": "INCOMPLETE" })
            }
            "community_amenities" => json!({ "location": "POINT(-83.6 41.6)" }),
            "market_trends" => json!({ "month": "1900-01-01" }),
            "property_features" => json!({ "number_value": 1 }),
            "property_valuations" => json!({ "amount": 1 }),
            "listing_price_history" => json!({ "new_price": 1 }),
            "marketing_materials" => json!({ "published_at": null }),
            "invitations" => json!({
                "property_id": self.row("properties").await,
                "capability": "VIEW",
                "invited_by_id": owner,
                "email": email(self.person("outsider").await.id),
            }),
            "firm_memberships" => json!({ "user_id": self.person("colleague").await.id }),
            "elevation_requests" => json!({ "firm_id": self.firm }),
            "roles" => json!({ "firm_id": self.firm, "scope": "FIRM" }),
            "user_roles" => json!({ "firm_id": self.firm, "role_id": self.row("roles").await }),
            "role_inheritance" => {
                let other = json!({ "firm_id": self.firm, "scope": "FIRM" });
                let other = self.tables.insert(self.client, "roles", object(other)).await;
                json!({ "inherited_role_id": other })
            }
            "api_keys" => json!({ "hint": "test" }),
            "contact_methods" => {
                json!({ "kind": "EMAIL", "email": self.contact_email() })
            }
            "preference_categories" => json!({ "user_id": owner }),
            "professional_licenses" => json!({ "jurisdiction": "US-OH" }),
            "user_mfa_methods" => {
                json!({ "kind": "TOTP", "sealed_secret": "\\x00", "last_step": 0 })
            }
            "security_events" => json!({ "user_id": owner }),
            _ => json!({}),
        })
    }
}

pub fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        other => panic!("{other} is no object"),
    }
}
