//! How the record of a property ends: deleted, though never with an open listing, or merged into
//! another record of the same property.

use sea_orm_migration::prelude::*;

use crate::support::run;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, &[MERGED_INTO, REFUSE_DELETION_ON_OFFER]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(
            manager,
            &[
                "DROP TRIGGER properties_deleted_off_offer ON properties",
                "DROP FUNCTION refuse_deletion_on_offer",
                "ALTER TABLE properties DROP COLUMN merged_into_id",
            ],
        )
        .await
    }
}

const MERGED_INTO: &str = "
ALTER TABLE properties
    ADD COLUMN merged_into_id uuid,
    ADD CONSTRAINT properties_merged_into_id_fkey FOREIGN KEY (merged_into_id) REFERENCES properties (id),
    ADD CONSTRAINT properties_merged_into_id_deleted CHECK (merged_into_id IS NULL OR deleted_at IS NOT NULL),
    ADD CONSTRAINT properties_merged_into_id_differs CHECK (merged_into_id <> id);
CREATE INDEX properties_merged_into_idx ON properties (merged_into_id)";

/// What is on offer, or meant to be again, is not deleted: its listing comes to an end first.
const REFUSE_DELETION_ON_OFFER: &str = "
CREATE FUNCTION refuse_deletion_on_offer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM listings
        WHERE property_id = NEW.id AND listing_is_open(standard_status) AND deleted_at IS NULL
    ) THEN
        RAISE EXCEPTION 'a property with an open listing cannot be deleted'
            USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME, COLUMN = 'deleted_at', CONSTRAINT = TG_NAME;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER properties_deleted_off_offer BEFORE UPDATE OF deleted_at ON properties
    FOR EACH ROW WHEN (OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL)
    EXECUTE FUNCTION refuse_deletion_on_offer()";
