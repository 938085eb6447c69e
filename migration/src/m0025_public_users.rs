//! Whoever owns a published property, or sells a public listing, is shown to everyone from then on:
//! what is on offer names them.

use sea_orm_migration::prelude::*;

use crate::support::run;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, &[UP.to_owned()]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(
            manager,
            &[
                "DROP TRIGGER listings_show_seller ON listings",
                "DROP TRIGGER properties_show_owner ON properties",
                "DROP FUNCTION show_seller, show_owner",
            ],
        )
        .await
    }
}

/// A user who is shown already is not written again, so that imports do not wait for one row.
const UP: &str = "
CREATE FUNCTION show_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE users SET is_public = true WHERE id = NEW.owner_id AND NOT is_public;
    RETURN NULL;
END $$;
CREATE TRIGGER properties_show_owner
    AFTER INSERT OR UPDATE OF owner_id, published_at, deleted_at ON properties
    FOR EACH ROW
    WHEN (NEW.owner_id IS NOT NULL AND NEW.published_at IS NOT NULL AND NEW.deleted_at IS NULL)
    EXECUTE FUNCTION show_owner();
CREATE FUNCTION show_seller() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE users SET is_public = true
    WHERE id = NEW.seller_id AND NOT is_public
        AND EXISTS (
            SELECT FROM listing_statuses status
            WHERE status.standard_status = NEW.standard_status AND status.is_public
        );
    RETURN NULL;
END $$;
CREATE TRIGGER listings_show_seller
    AFTER INSERT OR UPDATE OF seller_id, standard_status, deleted_at ON listings
    FOR EACH ROW WHEN (NEW.seller_id IS NOT NULL AND NEW.deleted_at IS NULL)
    EXECUTE FUNCTION show_seller()";
