//! Every mutation of a listing from every status: what RESO's table allows happens, and the rest is
//! refused, changes nothing, and says what would be legal.

use serde_json::{Value, json};

use super::writing::{Writer, with};
use crate::support::TestDatabase;

/// Stated apart from the server's own table: the status that each mutation leads to, by the first
/// letters of its name; `=` where it stays, `.` where it is refused.
const TABLE: &str = "
    from                  updateListing changeListingPrice announce publishListing returnListingToMarket markListingUnderContract markListingPending holdListing closeListing withdrawListing cancelListing expireListing relistListing deleteListing
    INCOMPLETE            =             =                  COMING   ACTIVE         .                     .                        .                  .           .            .               .             .             .             DELETE
    COMING_SOON           =             =                  .        ACTIVE         .                     .                        .                  .           .            WITHDRAWN       CANCELED      EXPIRED       .             DELETE
    ACTIVE                =             =                  .        .              .                     ACTIVE_UNDER             PENDING            HOLD        .            WITHDRAWN       CANCELED      EXPIRED       .             DELETE
    ACTIVE_UNDER_CONTRACT =             =                  .        .              ACTIVE                .                        PENDING            .           .            WITHDRAWN       CANCELED      EXPIRED       .             DELETE
    PENDING               =             =                  .        .              ACTIVE                ACTIVE_UNDER             .                  .           CLOSED       WITHDRAWN       CANCELED      EXPIRED       .             DELETE
    HOLD                  =             =                  .        .              ACTIVE                .                        .                  .           .            WITHDRAWN       CANCELED      EXPIRED       .             DELETE
    CLOSED                .             .                  .        .              .                     .                        .                  .           .            .               .             .             .             DELETE
    WITHDRAWN             .             .                  .        .              .                     .                        .                  .           .            .               .             .             INCOMPLETE    DELETE
    CANCELED              .             .                  .        .              .                     .                        .                  .           .            .               .             .             INCOMPLETE    DELETE
    EXPIRED               .             .                  .        .              .                     .                        .                  .           .            .               .             .             INCOMPLETE    DELETE
    DELETE                .             .                  .        .              .                     .                        .                  .           .            .               .             .             .             .";

/// What a mutation is given besides the listing.
fn input(mutation: &str) -> (&str, Value) {
    match mutation {
        "announce" => ("publishListing", json!({ "comingSoon": true })),
        "updateListing" => (mutation, json!({ "publicRemarks": "Two porches." })),
        "changeListingPrice" => (mutation, json!({ "listPrice": "240000" })),
        "closeListing" => (mutation, json!({ "closePrice": "239000" })),
        _ => (mutation, json!({})),
    }
}

#[tokio::test]
async fn every_mutation_does_from_every_status_what_the_table_says() {
    let database = TestDatabase::new().await;
    let writer = Writer::new(&database).await;
    let mut rows = TABLE.trim().lines().map(|row| row.split_whitespace().collect::<Vec<_>>());
    let mutations = rows.next().unwrap();
    let mut cells = 0;
    for row in rows {
        let from = row[0];
        for (mutation, expected) in mutations.iter().zip(&row).skip(1) {
            cells += 1;
            let listing = writer.listed(from).await;
            // What is published needs a contract that still runs; what expires, one that does not.
            let runs = if *mutation == "expireListing" { "2024-12-31" } else { "2124-12-31" };
            let run =
                format!("UPDATE listings SET expiration_date = '{runs}' WHERE id = '{listing}'");
            writer.factory.execute(&run).await;
            let state = format!("SELECT to_jsonb(l)::text FROM listings l WHERE id = '{listing}'");
            let before = writer.text(&state).await;
            let (name, more) = input(mutation);
            let written = writer.listing(name, with("Listing", listing, more)).await;
            let place = format!("{mutation} from {from}");
            if *expected == "." {
                assert_eq!(written.mistakes(), ["ILLEGAL_TRANSITION at id"], "{place}");
                assert_eq!(writer.text(&state).await, before, "{place}");
                let message = written.messages();
                for (mutation, to) in mutations.iter().zip(&row).skip(1) {
                    let is_legal = !matches!(*to, "." | "=" | "INCOMPLETE");
                    let named = message.split(';').nth(1).unwrap().contains(to);
                    assert!(!is_legal || named, "{place}: {message} lacks {to}");
                    let name = input(mutation).0;
                    let is_other = matches!(*to, "=" | "INCOMPLETE");
                    assert!(!is_other || message.contains(name), "{place}: {message} lacks {name}");
                }
            } else {
                let status = written.listing()["standardStatus"].as_str().unwrap();
                let expected = if *expected == "=" { from } else { expected };
                assert!(status.starts_with(expected), "{place}: {status}");
            }
        }
    }
    assert_eq!(cells, 11 * 14);
}

/// What the server calls open is what the database does, whose constraints stand on it.
#[tokio::test]
async fn withdrawing_is_for_what_the_database_calls_open() {
    let database = TestDatabase::new().await;
    let writer = Writer::new(&database).await;
    let open = "SELECT standard_status::text FROM listing_statuses WHERE is_open ORDER BY 1";
    let mut table: Vec<&str> = TABLE
        .trim()
        .lines()
        .map(|row| row.split_whitespace().collect::<Vec<_>>())
        .filter(|row| row[10] == "WITHDRAWN")
        .map(|row| row[0])
        .collect();
    table.sort_unstable();
    assert_eq!(writer.texts(open).await, table);
}
