//! `Property.history`: every change of status and of price of a property's listings, newest first.

use async_trait::async_trait;
use loaders::{Arguments, BatchResolver, FieldError, Output, Parents, ResolveContext};

use super::outputs::{failed, limited, per_parent};

/// Changes of one property at most.
const FIRST_MAXIMUM: i64 = 1000;

/// The resolver of `Property.history`.
pub(super) struct History;

#[async_trait]
impl BatchResolver for History {
    fn needs(&self) -> &'static [&'static str] {
        &["id"]
    }

    async fn resolve(
        &self,
        context: &ResolveContext<'_>,
        parents: &Parents,
        arguments: &Arguments,
    ) -> Result<Vec<Output>, FieldError> {
        let first = limited(arguments, "first", FIRST_MAXIMUM)?;
        let mut statement = context.statement();
        let (keys, first) = (statement.keys(), statement.integer(first));
        let status_visible = statement.visible("ListingStatusChange", "status");
        let price_visible = statement.visible("ListingPriceChange", "price");
        let sql = format!(
            "SELECT p.ord, change.of_status, change.id
             FROM unnest({keys}) WITH ORDINALITY AS p(key, ord)
             CROSS JOIN LATERAL (
                 SELECT * FROM (
                     SELECT true AS of_status, status.id, status.changed_at
                     FROM listings l JOIN listing_status_history status ON status.listing_id = l.id
                     WHERE l.property_id = p.key AND {status_visible}
                     UNION ALL
                     SELECT false, price.id, price.changed_at
                     FROM listings l JOIN listing_price_history price ON price.listing_id = l.id
                     WHERE l.property_id = p.key AND {price_visible}
                 ) both_kinds
                 ORDER BY changed_at DESC, id DESC
                 LIMIT {first}
             ) change"
        );
        let rows = statement.rows(sql, parents.ids()).await?;
        per_parent(parents.len(), &rows, |row| {
            let of_status: bool = row.try_get(1).map_err(failed)?;
            let type_name = if of_status { "ListingStatusChange" } else { "ListingPriceChange" };
            Ok(Output::Entity { type_name, id: row.try_get(2).map_err(failed)? })
        })
    }
}
