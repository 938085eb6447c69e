//! `mergeProperties`: two records of one property become one.
//!
//! Promises: whatever hangs on the duplicate hangs on the kept record afterwards, or is there
//! already, alike; or nothing has changed and every contradiction is named. The duplicate stays as
//! a deleted row that remembers where it went.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{Mutation, Output, Payload, UserErrorCode, Value, WriteContext, WriteError};
use uuid::Uuid;

/// The mutation.
pub(super) struct MergeProperties;

/// What both records have and contradicts, as a sentence each; `$1` is kept, `$2` the duplicate.
const CONTRADICTIONS: &str = "
    SELECT 'both have an open listing: end one of them first'
    FROM listings WHERE property_id IN ($1, $2) AND listing_is_open(standard_status) AND deleted_at IS NULL
    HAVING count(DISTINCT property_id) = 2
    UNION ALL
    SELECT 'they differ in the feature ' || kind.code || ': make it alike, or delete one of the two'
    FROM property_features kept
    JOIN property_features other USING (feature_type_id)
    JOIN property_feature_types kind ON kind.id = feature_type_id
    WHERE kept.property_id = $1 AND other.property_id = $2
        AND (kept.number_value, kept.text_value, kept.boolean_value, kept.date_value)
            IS DISTINCT FROM (other.number_value, other.text_value, other.boolean_value, other.date_value)
    UNION ALL
    SELECT 'they differ in the details of the amenity ' || amenity.code || ': make them alike, or delete one of the two'
    FROM property_amenities kept
    JOIN property_amenities other USING (amenity_id)
    JOIN amenities amenity ON amenity.id = amenity_id
    WHERE kept.property_id = $1 AND other.property_id = $2 AND kept.details IS DISTINCT FROM other.details
    ORDER BY 1";

/// What moves, table by table, with a condition for rows whose like the kept record has already.
const MOVES: [(&str, &str); 11] = [
    ("listings", ""),
    ("property_identifiers", ""),
    ("property_conditions", ""),
    ("property_improvements", ""),
    ("property_maintenance_records", ""),
    ("property_valuations", ""),
    (
        "invitations",
        "AND (moved.state <> 'PENDING' OR NOT EXISTS (SELECT FROM invitations kept
             WHERE kept.property_id = $1 AND kept.state = 'PENDING'
                 AND lower(kept.email) = lower(moved.email)))",
    ),
    (
        "property_features",
        "AND NOT EXISTS (SELECT FROM property_features kept
             WHERE kept.property_id = $1 AND kept.feature_type_id = moved.feature_type_id)",
    ),
    (
        "property_amenities",
        "AND NOT EXISTS (SELECT FROM property_amenities kept
             WHERE kept.property_id = $1 AND kept.amenity_id = moved.amenity_id)",
    ),
    (
        "property_collaborators",
        "AND (moved.ended_at IS NOT NULL OR NOT EXISTS (SELECT FROM property_collaborators kept
             WHERE kept.property_id = $1 AND kept.ended_at IS NULL
                 AND (kept.user_id = moved.user_id OR kept.firm_id = moved.firm_id)))",
    ),
    (
        "comparable_sales",
        "AND NOT EXISTS (SELECT FROM comparable_sales kept
             WHERE kept.property_id = $1 AND kept.valuation_id = moved.valuation_id
                 AND kept.sale_date = moved.sale_date)",
    ),
];

/// Earlier duplicates of the duplicate follow it.
const FOLLOW: &str = "UPDATE properties SET merged_into_id = $1 WHERE merged_into_id = $2";

const END: &str = "UPDATE properties SET deleted_at = now(), merged_into_id = $1 WHERE id = $2";

/// What one of the two showed to everyone stays so.
const PUBLISH: &str = "UPDATE properties SET published_at = least(properties.published_at, duplicate.published_at)
    FROM properties duplicate WHERE properties.id = $1 AND duplicate.id = $2
        AND properties.published_at IS DISTINCT FROM least(properties.published_at, duplicate.published_at)";

#[async_trait]
impl Mutation for MergeProperties {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        write.require("property.merge")?;
        let kept = input.id("id", "Property")?;
        let duplicate = input.id("duplicateId", "Property")?;
        if kept == duplicate {
            let message = "a record cannot be merged into itself";
            return Err(input.mistake(UserErrorCode::Invalid, "duplicateId", message).into());
        }
        lock_both(write, input, kept, duplicate).await?;
        let mut mistakes = Vec::new();
        for row in write.query(CONTRADICTIONS, &[&kept, &duplicate]).await? {
            let message: String = row.try_get(0)?;
            mistakes.push(input.mistake(UserErrorCode::Conflict, "duplicateId", message));
        }
        if !mistakes.is_empty() {
            return Err(WriteError::User(mistakes));
        }
        for (table, unless) in MOVES {
            let sql = format!(
                "UPDATE {table} moved SET property_id = $1 WHERE property_id = $2 {unless}"
            );
            write.execute(&sql, &[&kept, &duplicate]).await?;
        }
        for statement in [FOLLOW, PUBLISH, END] {
            write.execute(statement, &[&kept, &duplicate]).await?;
        }
        let id = input.text("duplicateId").unwrap_or_default();
        Ok(Payload::new()
            .entity("property", "Property", kept)
            .with("duplicateId", Output::Leaf(Value::from(id))))
    }
}

/// Locks both records, always in the order of their ids, so that two merges cannot wait for each
/// other.
async fn lock_both(
    write: &WriteContext<'_>,
    input: &Input,
    kept: Uuid,
    duplicate: Uuid,
) -> Result<(), WriteError> {
    let mut records =
        [(kept, "id", "expectedVersion"), (duplicate, "duplicateId", "duplicateExpectedVersion")];
    records.sort_unstable();
    for (id, field, version) in records {
        let locked = write.lock_at(&[field], "Property", id, input.int(version), "id").await;
        locked.map_err(|error| named(error, version))?;
    }
    Ok(())
}

/// A stale version is a mistake at the field that gave the version.
fn named(mut error: WriteError, version: &str) -> WriteError {
    if let WriteError::User(mistakes) = &mut error {
        for mistake in mistakes {
            if mistake.code == UserErrorCode::StaleVersion {
                mistake.path = vec![version.to_owned()];
            }
        }
    }
    error
}
