//! `Property.pricePerSquareFoot`: what the newest sale paid for a square foot of living area.

use async_trait::async_trait;
use loaders::{Arguments, BatchResolver, FieldError, Output, Parents, ResolveContext, Value};

use super::outputs::{failed, one_per_parent};

/// The resolver of `Property.pricePerSquareFoot`; null without a known sale or living area.
pub(super) struct PricePerSquareFoot;

#[async_trait]
impl BatchResolver for PricePerSquareFoot {
    fn needs(&self) -> &'static [&'static str] {
        &["id"]
    }

    async fn resolve(
        &self,
        context: &ResolveContext<'_>,
        parents: &Parents,
        _: &Arguments,
    ) -> Result<Vec<Output>, FieldError> {
        let mut statement = context.statement();
        let keys = statement.keys();
        let visible = statement.visible("Listing", "l");
        let sql = format!(
            "SELECT p.ord, round(sale.close_price / s.living_area, 2)::text
             FROM unnest({keys}) WITH ORDINALITY AS p(key, ord)
             JOIN properties s ON s.id = p.key AND s.living_area > 0
             CROSS JOIN LATERAL (
                 SELECT l.close_price FROM listings l
                 WHERE l.property_id = s.id AND l.standard_status = 'CLOSED'
                     AND l.close_price IS NOT NULL AND {visible}
                 ORDER BY l.close_date DESC, l.id DESC LIMIT 1
             ) sale"
        );
        let rows = statement.rows(sql, parents.ids()).await?;
        one_per_parent(parents.len(), &rows, |row| {
            Ok(Output::Leaf(Value::String(row.try_get(1).map_err(failed)?)))
        })
    }
}
