//! A row of every type, so that what is asked finds something.

use serde_json::json;

use crate::property::{Factory, id, kinds};
use crate::support::TestDatabase;

/// A row of every type, with a value in every column; gives their ids.
pub async fn make(database: &TestDatabase) -> Vec<String> {
    let factory = Factory::new(database).await;
    let mut ids = Vec::new();
    for (type_name, _) in kinds::TABLES {
        let uuid = factory.full(type_name, json!({})).await;
        ids.push(id(type_name, uuid));
    }
    ids
}
