//! `Listing.daysOnMarket`: whole days in statuses that accrue, by the table of listing statuses.
//!
//! Days before the server knew the listing (`priorDaysOnMarket`) count too. A listing that was,
//! as far as is known, never in such a status has no number rather than zero.

use async_trait::async_trait;
use loaders::{Arguments, BatchResolver, FieldError, Output, Parents, ResolveContext, Value};

use super::outputs::{failed, one_per_parent};

/// The resolver of `Listing.daysOnMarket`.
pub(super) struct DaysOnMarket;

#[async_trait]
impl BatchResolver for DaysOnMarket {
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
        let days = days_on_market(&statement.visible("ListingStatusChange", "h"));
        let sql = format!(
            "SELECT p.ord, ({days})
             FROM unnest({keys}) WITH ORDINALITY AS p(key, ord)
             JOIN listings s ON s.id = p.key"
        );
        let rows = statement.rows(sql, parents.ids()).await?;
        one_per_parent(parents.len(), &rows, |row| {
            let days: Option<i32> = row.try_get(1).map_err(failed)?;
            Ok(days.map_or(Output::Null, |days| Output::Leaf(Value::from(days))))
        })
    }
}

/// The days on the market of the listing `s`, as a query of one value: NULL where it has none. Of
/// its status changes `h` those count that are `visible`.
pub(super) fn days_on_market(visible: &str) -> String {
    // A status lasts until the next one; the newest lasts until now.
    format!(
        "SELECT s.prior_days_on_market + coalesce(floor(extract(epoch FROM accrued.time) / 86400), 0)::int
         FROM (
             SELECT sum(step.until - step.changed_at) AS time, count(*) AS steps
             FROM (
                 SELECT h.new_status, h.changed_at,
                     lead(h.changed_at, 1, greatest(now(), h.changed_at)) OVER (ORDER BY h.changed_at, h.id) AS until
                 FROM listing_status_history h WHERE h.listing_id = s.id AND {visible}
             ) step
             JOIN listing_statuses rule ON rule.standard_status = step.new_status
             WHERE rule.accrues_days_on_market
         ) accrued
         WHERE accrued.steps > 0 OR s.prior_days_on_market > 0"
    )
}
