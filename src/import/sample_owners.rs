//! Sample owners: invented users, marked as such, for data that has no owners.
//!
//! The same identifier always gets the same owner, on every machine.

use tokio_postgres::Transaction;

use super::{ImportError, mapping::SampleOwners};

/// Makes the owners that are missing and gives each staged row one of them.
pub(crate) async fn assign(
    transaction: &Transaction<'_>,
    owners: &SampleOwners,
) -> Result<(), ImportError> {
    let count = i64::from(owners.count.max(1));
    transaction
        .execute(
            "INSERT INTO users (display_name, user_type, is_sample, is_public)
             SELECT name, 'SELLER', true, true
               FROM generate_series(1, $2::bigint) AS number,
                    LATERAL (SELECT $1::text || ' ' || lpad(number::text, 4, '0') AS name) AS named
              WHERE NOT EXISTS (SELECT FROM users u WHERE u.is_sample AND u.display_name = name)
              ORDER BY number",
            &[&owners.name, &count],
        )
        .await?;
    transaction
        .execute(
            "UPDATE import_rows s SET owner_id = owner.id
               FROM (SELECT display_name, (array_agg(id ORDER BY id))[1] AS id FROM users
                      WHERE is_sample GROUP BY display_name) AS owner
              WHERE owner.display_name = $1::text || ' ' || lpad(
                    (1 + ('x' || left(md5(s.identifier), 8))::bit(32)::bigint % $2::bigint)::text,
                    4, '0')",
            &[&owners.name, &count],
        )
        .await?;
    Ok(())
}
