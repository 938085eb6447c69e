//! The history of listings: each status and each price, written by trigger and never changed.

use sea_orm_migration::prelude::*;

use crate::support::{Table, closed_list, run};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(
            manager,
            &[
                closed_list(
                    "listing_change_type",
                    &[
                        "ACTIVE",
                        "ACTIVE_UNDER_CONTRACT",
                        "BACK_ON_MARKET",
                        "CANCELED",
                        "CLOSED",
                        "COMING_SOON",
                        "DELETED",
                        "EXPIRED",
                        "HOLD",
                        "INCOMPLETE",
                        "NEW_LISTING",
                        "PENDING",
                        "PRICE_CHANGE",
                        "WITHDRAWN",
                    ],
                ),
                closed_list("listing_price_kind", &["LIST_PRICE", "CLOSE_PRICE"]),
                history("listing_status_history")
                    .columns("previous_status standard_status, new_status standard_status NOT NULL")
                    .check("new_status_differs", "new_status IS DISTINCT FROM previous_status")
                    .sql(),
                history("listing_price_history")
                    .columns(
                        "price_kind listing_price_kind NOT NULL,
                    previous_price numeric(14, 2),
                    new_price numeric(14, 2)",
                    )
                    .check("new_price_differs", "new_price IS DISTINCT FROM previous_price")
                    .sql(),
                CHANGE_TYPE.to_owned(),
                RECORD_INSERT.to_owned(),
                RECORD_UPDATE.to_owned(),
                EARLIER_LISTINGS.to_owned(),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(
            manager,
            &[
                "DROP TRIGGER listings_record_insert ON listings",
                "DROP TRIGGER listings_record_update ON listings",
                "DROP FUNCTION record_listing_update, record_listing_insert, listing_change_type",
                "DROP TABLE listing_price_history, listing_status_history",
                "DROP DOMAIN listing_price_kind, listing_change_type",
            ],
        )
        .await
    }
}

fn history(name: &str) -> Table {
    Table::new(name)
        .columns(
            "listing_id uuid NOT NULL,
            change_type listing_change_type NOT NULL,
            changed_at timestamptz NOT NULL,
            changed_by_id uuid",
        )
        .references(&[("listing_id", "listings"), ("changed_by_id", "users")])
        .index("listing", "listing_id, changed_at, id")
        .index("changed_by", "changed_by_id")
        .immutable()
}

/// RESO's word for a step from one status to another.
const CHANGE_TYPE: &str = "
CREATE FUNCTION listing_change_type(previous text, status text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN status = 'DELETE' THEN 'DELETED'
    WHEN status = 'ACTIVE' AND coalesce(previous, 'INCOMPLETE') = 'INCOMPLETE' THEN 'NEW_LISTING'
    WHEN status = 'ACTIVE' AND previous <> 'COMING_SOON' THEN 'BACK_ON_MARKET'
    ELSE status
END";

const RECORD_INSERT: &str = "
CREATE FUNCTION record_listing_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO listing_status_history (listing_id, change_type, new_status, changed_at, changed_by_id)
    SELECT id, listing_change_type(NULL, standard_status), standard_status, status_change_timestamp, app_actor()
    FROM written;
    INSERT INTO listing_price_history (listing_id, change_type, price_kind, new_price, changed_at, changed_by_id)
    SELECT id, 'NEW_LISTING', 'LIST_PRICE', list_price, coalesce(price_change_timestamp, status_change_timestamp), app_actor()
    FROM written WHERE list_price IS NOT NULL
    UNION ALL
    SELECT id, 'CLOSED', 'CLOSE_PRICE', close_price, status_change_timestamp, app_actor()
    FROM written WHERE close_price IS NOT NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER listings_record_insert AFTER INSERT ON listings
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION record_listing_insert()";

/// A corrected closing price, without a step of status, is a change of price of its own time.
const RECORD_UPDATE: &str = "
CREATE FUNCTION record_listing_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO listing_status_history (listing_id, change_type, previous_status, new_status, changed_at, changed_by_id)
    SELECT written.id, listing_change_type(earlier.standard_status, written.standard_status),
        earlier.standard_status, written.standard_status, written.status_change_timestamp, app_actor()
    FROM written JOIN earlier USING (id)
    WHERE written.standard_status <> earlier.standard_status;
    INSERT INTO listing_price_history
        (listing_id, change_type, price_kind, previous_price, new_price, changed_at, changed_by_id)
    SELECT written.id, CASE WHEN earlier.list_price IS NULL THEN 'NEW_LISTING' ELSE 'PRICE_CHANGE' END,
        'LIST_PRICE', earlier.list_price, written.list_price, written.price_change_timestamp, app_actor()
    FROM written JOIN earlier USING (id)
    WHERE written.list_price IS DISTINCT FROM earlier.list_price
    UNION ALL
    SELECT written.id, CASE WHEN written.standard_status = earlier.standard_status THEN 'PRICE_CHANGE' ELSE 'CLOSED' END,
        'CLOSE_PRICE', earlier.close_price, written.close_price,
        CASE WHEN written.standard_status = earlier.standard_status THEN now() ELSE written.status_change_timestamp END,
        app_actor()
    FROM written JOIN earlier USING (id)
    WHERE written.close_price IS DISTINCT FROM earlier.close_price;
    RETURN NULL;
END $$;
CREATE TRIGGER listings_record_update AFTER UPDATE ON listings
    REFERENCING OLD TABLE AS earlier NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION record_listing_update()";

/// Listings that were there before this step begin their history with what they are now.
const EARLIER_LISTINGS: &str = "
INSERT INTO listing_status_history (listing_id, change_type, new_status, changed_at)
SELECT id, listing_change_type(NULL, standard_status), standard_status, status_change_timestamp FROM listings;
INSERT INTO listing_price_history (listing_id, change_type, price_kind, new_price, changed_at)
SELECT id, 'NEW_LISTING', 'LIST_PRICE', list_price, coalesce(price_change_timestamp, status_change_timestamp)
FROM listings WHERE list_price IS NOT NULL
UNION ALL
SELECT id, 'CLOSED', 'CLOSE_PRICE', close_price, status_change_timestamp
FROM listings WHERE close_price IS NOT NULL";
