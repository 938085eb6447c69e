//! Sends mutations as a front end does, and tells what became of them.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Factory, id, server_for};
use crate::support::{Answer, Asking, TestDatabase, TestServer};

/// What every payload is asked for besides its subject.
const ERRORS: &str = "errors { code path message } position";

/// A payload.
#[derive(Debug)]
pub struct Written(pub Value);

/// A server that may write, and its database.
pub struct Writer {
    pub server: TestServer,
    pub factory: Factory,
}

impl Writer {
    pub async fn new(database: &TestDatabase) -> Self {
        let (server, factory) =
            tokio::join!(server_for(database, Asking::Administrator), Factory::new(database));
        Self { server, factory }
    }

    /// Runs a mutation of a listing.
    pub async fn listing(&self, mutation: &str, input: Value) -> Written {
        let answer = send(&self.server, mutation, LISTING, input).await;
        Written(answer.data()["it"].clone())
    }

    /// Runs a mutation of a property.
    pub async fn property(&self, mutation: &str, input: Value) -> Written {
        let answer =
            send(&self.server, mutation, "property { id publishedAt version }", input).await;
        Written(answer.data()["it"].clone())
    }

    /// A listing with everything that publishing asks for.
    pub async fn offered(&self, property: Uuid, status: &str) -> Uuid {
        let closed = status == "CLOSED";
        let values = json!({
            "property_id": property,
            "seller_id": self.factory.make("User", json!({})).await,
            "standard_status": status,
            "list_price": "250000",
            "listing_contract_date": "2024-01-01",
            "expiration_date": "2024-12-31",
            "on_market_date": if status == "INCOMPLETE" { Value::Null } else { json!("2024-01-02") },
            "close_date": if closed { json!("2024-03-01") } else { Value::Null },
            "listing_terms": ["Cash", "FHA"],
            "public_remarks": "A porch.",
        });
        self.factory.make("Listing", values).await
    }

    /// A listing of a property of its own.
    pub async fn listed(&self, status: &str) -> Uuid {
        let property = self.factory.make("Property", json!({})).await;
        self.offered(property, status).await
    }

    /// One text of the database.
    pub async fn text(&self, statement: &str) -> Option<String> {
        self.factory.client.query_one(statement, &[]).await.unwrap().get(0)
    }

    /// All texts of one column.
    pub async fn texts(&self, statement: &str) -> Vec<String> {
        let rows = self.factory.client.query(statement, &[]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }
}

/// What is asked of a listing that was written.
const LISTING: &str = "listing {
    id version standardStatus listPrice originalListPrice previousListPrice closePrice
    concessionsAmount listingContractDate expirationDate onMarketDate offMarketDate contingentDate
    purchaseContractDate withdrawnDate cancellationDate closeDate pendingTimestamp
    statusChangeTimestamp priorDaysOnMarket listingTerms buyerFinancing publicRemarks
    seller { id } property { id publishedAt }
}";

/// Sends a mutation with its input as a variable; the payload is at `it`.
pub async fn send(server: &TestServer, mutation: &str, selection: &str, input: Value) -> Answer {
    let input_type = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
    let text = format!(
        "mutation ($input: {input_type}!) {{ it: {mutation}(input: $input) {{ {selection} {ERRORS} }} }}"
    );
    server.query(&text, json!({ "input": input })).await
}

/// The input that names a row.
pub fn of(type_name: &str, uuid: Uuid) -> Value {
    json!({ "id": id(type_name, uuid) })
}

/// The same with more fields.
pub fn with(type_name: &str, uuid: Uuid, more: Value) -> Value {
    let mut input = of(type_name, uuid);
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    input
}

impl Written {
    /// The listing as it was answered; there were no mistakes.
    #[track_caller]
    pub fn listing(&self) -> &Value {
        self.subject("listing")
    }

    /// The property as it was answered; there were no mistakes.
    #[track_caller]
    pub fn property(&self) -> &Value {
        self.subject("property")
    }

    #[track_caller]
    fn subject(&self, field: &str) -> &Value {
        assert_eq!(self.0["errors"], json!([]));
        assert!(self.0[field].is_object(), "{}", self.0);
        &self.0[field]
    }

    /// Each mistake as `CODE at path`; nothing was written then.
    #[track_caller]
    pub fn mistakes(&self) -> Vec<String> {
        let mistakes = self.0["errors"].as_array().unwrap();
        assert!(!mistakes.is_empty(), "{}", self.0);
        for (field, value) in self.0.as_object().unwrap() {
            assert!(field == "errors" || value.is_null(), "{field} of a refused write is {value}");
        }
        mistakes
            .iter()
            .map(|mistake| {
                let path: Vec<&str> =
                    mistake["path"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
                format!("{} at {}", mistake["code"].as_str().unwrap(), path.join("."))
            })
            .collect()
    }

    /// The messages of its mistakes.
    pub fn messages(&self) -> String {
        let mistakes = self.0["errors"].as_array().unwrap().iter();
        mistakes.map(|mistake| mistake["message"].as_str().unwrap()).collect::<Vec<_>>().join("\n")
    }
}
