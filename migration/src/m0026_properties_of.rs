//! Which properties and listings somebody has to do with, for the policies that ask it of every row.
//! Functions, because merely to make ready a subquery of that size takes longer than to read a page
//! of published properties, of which none asks for it.

use sea_orm_migration::prelude::*;

use crate::support::run;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, &[PROPERTIES_OF, LISTINGS_OF]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, &["DROP FUNCTION listings_of, properties_of"]).await
    }
}

/// Those that he owns, sells now (if that counts), or helps with in one of these capacities: himself,
/// or for one of these firms.
const PROPERTIES_OF: &str = "
CREATE FUNCTION properties_of(viewer uuid, firms uuid[], capabilities text[], sells boolean) RETURNS uuid[]
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN ARRAY(
        SELECT id FROM properties WHERE owner_id = viewer
        UNION ALL
        SELECT property_id FROM listings
        WHERE sells AND seller_id = viewer AND deleted_at IS NULL
            AND (standard_status = 'INCOMPLETE' OR listing_is_open(standard_status))
        UNION ALL
        SELECT property_id FROM property_collaborators
        WHERE user_id = viewer AND capability::text = ANY (capabilities)
            AND ended_at IS NULL AND (ends_at IS NULL OR ends_at > now())
        UNION ALL
        SELECT property_id FROM property_collaborators
        WHERE firm_id = ANY (firms) AND capability::text = ANY (capabilities)
            AND ended_at IS NULL AND (ends_at IS NULL OR ends_at > now())
    );
END $$";

/// Those that he sells or has sold, and those of such properties.
const LISTINGS_OF: &str = "
CREATE FUNCTION listings_of(viewer uuid, firms uuid[], capabilities text[], sells boolean) RETURNS uuid[]
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN ARRAY(
        SELECT id FROM listings WHERE seller_id = viewer
        UNION ALL
        SELECT id FROM listings
        WHERE property_id = ANY (properties_of(viewer, firms, capabilities, sells))
    );
END $$";
