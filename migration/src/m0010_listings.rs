//! Listings: a property on offer, by RESO's statuses; at most one open at a time.

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
                    "standard_status",
                    &[
                        "ACTIVE",
                        "ACTIVE_UNDER_CONTRACT",
                        "CANCELED",
                        "CLOSED",
                        "COMING_SOON",
                        "DELETE",
                        "EXPIRED",
                        "HOLD",
                        "INCOMPLETE",
                        "PENDING",
                        "WITHDRAWN",
                    ],
                ),
                LISTING_IS_OPEN.to_owned(),
                statuses().sql(),
                listings().sql(),
                STAMP_LISTING.to_owned(),
                STATUSES.to_owned(),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(
            manager,
            &[
                "DROP TABLE listings, listing_statuses",
                "DROP FUNCTION stamp_listing, listing_is_open",
                "DROP DOMAIN standard_status",
            ],
        )
        .await
    }
}

/// How a market treats each of RESO's statuses.
fn statuses() -> Table {
    Table::new("listing_statuses")
        .columns(
            "standard_status standard_status NOT NULL,
            name text NOT NULL,
            description text,
            is_open boolean NOT NULL GENERATED ALWAYS AS (listing_is_open(standard_status)) STORED,
            is_public boolean NOT NULL,
            accrues_days_on_market boolean NOT NULL",
        )
        .lengths(&[("name", 200), ("description", 2000)])
        .check("accrues_days_on_market_open", "NOT accrues_days_on_market OR is_open")
        .unique("standard_status", "standard_status")
        .index("name", "name, id")
}

fn listings() -> Table {
    Table::new("listings")
        .columns(STATUS_AND_PRICES)
        .columns(DATES)
        .columns(TERMS)
        .lengths(&[
            ("listing_id", 255),
            ("source_system_name", 255),
            ("source_system_key", 255),
            ("mls_status", 100),
            ("public_remarks", 4000),
            ("private_remarks", 4000),
            ("showing_instructions", 4000),
        ])
        .check("list_price_positive", "list_price > 0")
        .check("original_list_price_positive", "original_list_price > 0")
        .check("previous_list_price_positive", "previous_list_price > 0")
        .not_negative(&["close_price", "concessions_amount", "prior_days_on_market"])
        .check("close_date_given", "standard_status <> 'CLOSED' OR close_date IS NOT NULL")
        .check("close_price_closed", "close_price IS NULL OR standard_status IN ('CLOSED', 'DELETE')")
        .check("expiration_date_range", "expiration_date >= listing_contract_date")
        .check("off_market_date_range", "off_market_date >= on_market_date")
        .check("source_system_key_named", "source_system_key IS NULL OR source_system_name IS NOT NULL")
        .references(&[("property_id", "properties"), ("seller_id", "users")])
        .constraint(
            "one_open_per_property",
            "EXCLUDE USING btree (property_id WITH =) WHERE (listing_is_open(standard_status) AND deleted_at IS NULL)",
        )
        .constraint("source_system_key_key", "UNIQUE (source_system_name, source_system_key)")
        .index("property", "property_id, status_change_timestamp, id")
        .index("seller", "seller_id, status_change_timestamp, id")
        .index("status_change_timestamp", "status_change_timestamp, id")
        .index("standard_status", "standard_status, status_change_timestamp, id")
        .index("close_date", "close_date, id")
        .index("listing_id", "listing_id")
}

const STATUS_AND_PRICES: &str = "
    property_id uuid NOT NULL,
    seller_id uuid,
    listing_id text,
    source_system_name text,
    source_system_key text,
    standard_status standard_status NOT NULL DEFAULT 'INCOMPLETE',
    mls_status text,
    list_price numeric(14, 2),
    original_list_price numeric(14, 2),
    previous_list_price numeric(14, 2),
    close_price numeric(14, 2),
    concessions_amount numeric(14, 2)";

const DATES: &str = "
    listing_contract_date date,
    expiration_date date,
    on_market_date date,
    off_market_date date,
    contingent_date date,
    purchase_contract_date date,
    withdrawn_date date,
    cancellation_date date,
    close_date date,
    pending_timestamp timestamptz,
    status_change_timestamp timestamptz NOT NULL DEFAULT now(),
    price_change_timestamp timestamptz,
    prior_days_on_market integer NOT NULL DEFAULT 0";

const TERMS: &str = "
    listing_terms text[],
    buyer_financing text[],
    public_remarks text,
    private_remarks text,
    showing_instructions text,
    deleted_at timestamptz";

/// What RESO's statuses mean, not what a market makes of them: on offer, or meant to be again.
const LISTING_IS_OPEN: &str = "
CREATE FUNCTION listing_is_open(status text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN status IN ('ACTIVE', 'ACTIVE_UNDER_CONTRACT', 'COMING_SOON', 'HOLD', 'PENDING')";

/// Fills what follows from a change. Who writes a past change gives its time in the row itself.
const STAMP_LISTING: &str = "
CREATE FUNCTION stamp_listing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.original_list_price := coalesce(NEW.original_list_price, NEW.list_price);
    IF TG_OP = 'UPDATE' THEN
        IF NEW.standard_status <> OLD.standard_status AND NEW.status_change_timestamp = OLD.status_change_timestamp THEN
            NEW.status_change_timestamp := now();
        END IF;
        IF NEW.list_price IS DISTINCT FROM OLD.list_price THEN
            NEW.previous_list_price := OLD.list_price;
            IF NEW.price_change_timestamp IS NOT DISTINCT FROM OLD.price_change_timestamp THEN
                NEW.price_change_timestamp := now();
            END IF;
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER listings_stamp BEFORE INSERT OR UPDATE ON listings
    FOR EACH ROW EXECUTE FUNCTION stamp_listing()";

const STATUSES: &str = "
INSERT INTO listing_statuses (standard_status, name, is_public, accrues_days_on_market, description) VALUES
    ('INCOMPLETE', 'Incomplete', false, false, 'A draft.'),
    ('COMING_SOON', 'Coming Soon', true, false, 'Announced; cannot be shown yet.'),
    ('ACTIVE', 'Active', true, true, 'On the market.'),
    ('ACTIVE_UNDER_CONTRACT', 'Active Under Contract', true, true, 'An offer was accepted; further offers are welcome.'),
    ('PENDING', 'Pending', true, false, 'An offer was accepted; off the market.'),
    ('HOLD', 'Hold', false, false, 'Off the market for a time; meant to return.'),
    ('CLOSED', 'Closed', true, false, 'Sold.'),
    ('WITHDRAWN', 'Withdrawn', false, false, 'Off the market; the listing contract still stands.'),
    ('CANCELED', 'Canceled', false, false, 'The listing contract was ended before its time.'),
    ('EXPIRED', 'Expired', false, false, 'The listing contract ran out.'),
    ('DELETE', 'Delete', false, false, 'Entered in error.')";
