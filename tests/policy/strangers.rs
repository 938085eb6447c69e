//! Nobody helps himself to what is another's: not by naming himself in an input, not by keeping what
//! he was lent.

use serde_json::{Value, json};
use uuid::Uuid;

use super::rows::Tables;
use super::world::World;
use crate::property::id;
use crate::support::{Asker, TestDatabase, TestServer};

/// Runs a mutation; gives the codes of what refused it, in the payload or beside it.
async fn codes(asker: &Asker<'_>, name: &str, input: Value) -> Vec<String> {
    let input_type = name[..1].to_uppercase() + &name[1..];
    let query = format!(
        "mutation ($input: {input_type}Input!) {{ it: {name}(input: $input) {{ errors {{ code }} }} }}"
    );
    let answer = asker.query(&query, json!({ "input": input })).await;
    let refused = answer.error_codes().into_iter().map(str::to_owned);
    let mistakes = answer.partial_data()["it"]["errors"].as_array().cloned().unwrap_or_default();
    refused.chain(mistakes.iter().map(|error| error["code"].as_str().unwrap().into())).collect()
}

#[tokio::test]
async fn whoever_describes_a_property_owns_it() {
    let database = TestDatabase::new().await;
    let (server, client) = tokio::join!(TestServer::start(&database), database.connect());
    let (user, other) = (server.user("seller").await, server.user("seller").await);
    let kind: Uuid = client.query("SELECT id FROM property_types", &[]).await.unwrap()[0].get(0);
    let with_owner = |owner: Option<Value>| {
        let mut input = json!({ "propertyTypeId": id("PropertyType", kind) });
        if let Some(owner) = owner {
            input["ownerId"] = owner;
        }
        input
    };
    let asker = server.as_user(&user);
    for owner in [None, Some(json!(id("User", user.id)))] {
        assert_eq!(codes(&asker, "createProperty", with_owner(owner)).await, [""; 0]);
    }
    let mine = "SELECT count(*) FROM properties WHERE owner_id = $1";
    let mine: i64 = client.query_one(mine, &[&user.id]).await.unwrap().get(0);
    assert_eq!(mine, 2);
    // Somebody else, nobody, and who does not exist: all alike.
    for owner in [json!(id("User", other.id)), Value::Null, json!(id("User", Uuid::now_v7()))] {
        let refused = codes(&asker, "createProperty", with_owner(Some(owner.clone()))).await;
        assert_eq!(refused, ["FORBIDDEN"], "{owner}");
    }
    let refused = codes(&server.anonymous(), "createProperty", with_owner(None)).await;
    assert_eq!(refused, ["UNAUTHENTICATED"]);
    let administrator = server.as_administrator();
    let given = with_owner(Some(json!(id("User", other.id))));
    assert_eq!(codes(&administrator, "createProperty", given).await, [""; 0]);
}

/// Whoever helps to edit a property does not make it his own.
#[tokio::test]
async fn a_helper_does_not_take_a_property_over() {
    let database = TestDatabase::new().await;
    let (server, client) = tokio::join!(TestServer::start(&database), database.connect());
    let tables = Tables::read(&client).await;
    let mut world = World::new(&client, &tables).await;
    let property = world.id("Property").await;
    let helper = server.user("member").await;
    let lend = "INSERT INTO property_collaborators (id, property_id, user_id, capability)
        SELECT gen_random_uuid(), id, $1, $2::text FROM properties WHERE owner_id = $3";
    let asker = server.as_user(&helper);
    let change = |more: Value| {
        let mut input = json!({ "id": property });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    let city = change(json!({ "city": "Toledo" }));
    assert_eq!(codes(&asker, "updateProperty", city.clone()).await, ["NOT_FOUND"]);
    for (capability, told) in [("VIEW", vec!["FORBIDDEN"]), ("EDIT", vec![]), ("MANAGE", vec![])] {
        database.execute("DELETE FROM property_collaborators").await;
        client.execute(lend, &[&helper.id, &capability, &world.owner.id]).await.unwrap();
        assert_eq!(codes(&asker, "updateProperty", city.clone()).await, told, "{capability}");
        let mine = change(json!({ "ownerId": id("User", helper.id) }));
        assert_eq!(codes(&asker, "updateProperty", mine).await, ["FORBIDDEN"], "{capability}");
    }
    // What was lent is over: then, and by a word.
    for end in ["ends_at = now() - interval '1 second'", "ends_at = NULL, ended_at = now()"] {
        database.execute(&format!("UPDATE property_collaborators SET {end}")).await;
        assert_eq!(codes(&asker, "updateProperty", city.clone()).await, ["NOT_FOUND"], "{end}");
    }
}

/// Nobody offers what is not his, with himself as the seller.
#[tokio::test]
async fn a_stranger_does_not_sell_a_property() {
    let database = TestDatabase::new().await;
    let (server, client) = tokio::join!(TestServer::start(&database), database.connect());
    let tables = Tables::read(&client).await;
    let mut world = World::new(&client, &tables).await;
    let property = world.id("Property").await;
    let stranger = server.user("seller").await;
    let asker = server.as_user(&stranger);
    let listing = json!({ "propertyId": property, "sellerId": id("User", stranger.id) });
    assert_eq!(codes(&asker, "createListing", listing.clone()).await, ["NOT_FOUND"]);
    database.execute("UPDATE properties SET published_at = now()").await;
    assert_eq!(codes(&asker, "createListing", listing.clone()).await, ["FORBIDDEN"]);
    // Who sold it once does not offer it again.
    let once = "INSERT INTO listings (id, property_id, seller_id, standard_status)
        SELECT $1, id, $2, 'ACTIVE' FROM properties WHERE owner_id = $3";
    let old = Uuid::now_v7();
    client.execute(once, &[&old, &stranger.id, &world.owner.id]).await.unwrap();
    database.execute("UPDATE listings SET standard_status = 'WITHDRAWN'").await;
    let again = json!({ "id": id("Listing", old) });
    assert_eq!(codes(&asker, "relistListing", again.clone()).await, ["FORBIDDEN"]);
    let owner = server.as_user(&world.owner);
    assert_eq!(codes(&owner, "relistListing", again).await, [""; 0]);
}

/// Whoever offers something to everyone is shown to everyone, and not before.
#[tokio::test]
async fn who_publishes_is_public() {
    let database = TestDatabase::new().await;
    let (server, client) = tokio::join!(TestServer::start(&database), database.connect());
    let tables = Tables::read(&client).await;
    let mut world = World::new(&client, &tables).await;
    let property = world.id("Property").await;
    let owner = json!({ "id": id("User", world.owner.id) });
    let query = "query ($id: ID!) { node(id: $id) { __typename } }";
    let seen = async || server.anonymous().query(query, owner.clone()).await.data()["node"].clone();
    assert_eq!(seen().await, Value::Null);
    let publish = json!({ "id": property });
    assert_eq!(codes(&server.as_user(&world.owner), "publishProperty", publish).await, [""; 0]);
    assert_eq!(seen().await, json!({ "__typename": "User" }));
}
