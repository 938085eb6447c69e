//! Market trends: what the sales of one month in one area say, computed from the sales.
//!
//! An area's sales are those of its properties and of all areas below it. Only sales that
//! everyone may see count. A month has a row for each type of property that was sold, and one
//! for all types together. Medians are exact: no amount passes through a float.
//!
//! Computing again changes only what has become different, and removes what has no sales left.

use tokio_postgres::{Error, Transaction};

/// What the trends should be.
const COMPUTED: &str = "
CREATE TEMPORARY TABLE computed_trends ON COMMIT DROP AS
WITH RECURSIVE within AS (
    SELECT id AS area_id, id AS part_id FROM market_areas
    UNION ALL
    SELECT within.area_id, child.id
      FROM within JOIN market_areas child ON child.parent_id = within.part_id
), sales AS (
    SELECT p.market_area_id AS part_id,
           p.property_type_id,
           date_trunc('month', l.close_date::timestamp)::date AS month,
           l.close_price AS price,
           CASE WHEN p.living_area > 0 THEN l.close_price / p.living_area END AS price_per_area,
           (coalesce(l.off_market_date, l.purchase_contract_date, l.close_date)
               - l.on_market_date + l.prior_days_on_market)::numeric AS days
      FROM listings l JOIN properties p ON p.id = l.property_id
     WHERE l.standard_status = 'CLOSED' AND l.close_price > 0 AND l.deleted_at IS NULL
       AND p.deleted_at IS NULL AND p.published_at IS NOT NULL AND p.market_area_id IS NOT NULL
), months AS (
    SELECT within.area_id, sales.property_type_id, sales.month, count(*) AS sales_count,
           array_agg(price ORDER BY price) AS prices,
           array_agg(price_per_area ORDER BY price_per_area)
               FILTER (WHERE price_per_area IS NOT NULL) AS prices_per_area,
           array_agg(days ORDER BY days) FILTER (WHERE days >= 0) AS days
      FROM sales JOIN within USING (part_id)
     GROUP BY GROUPING SETS ((area_id, month), (area_id, month, property_type_id))
)
SELECT area_id AS market_area_id, property_type_id, month, sales_count::integer,
       pg_temp.median(prices)::numeric(14, 2) AS median_price,
       pg_temp.median(prices_per_area)::numeric(14, 2) AS median_price_per_square_foot,
       pg_temp.median(days)::numeric(8, 1) AS median_days_on_market
  FROM months";

/// The middle of sorted values, or half-way between the two in the middle.
const MEDIAN: &str = "
CREATE OR REPLACE FUNCTION pg_temp.median(sorted numeric[]) RETURNS numeric
LANGUAGE sql IMMUTABLE
RETURN (sorted[(cardinality(sorted) + 1) / 2] + sorted[cardinality(sorted) / 2 + 1]) / 2";

const REMOVE: &str = "
DELETE FROM market_trends t
 WHERE NOT EXISTS (
    SELECT FROM computed_trends c
     WHERE c.market_area_id = t.market_area_id AND c.month = t.month
       AND c.property_type_id IS NOT DISTINCT FROM t.property_type_id)";

const WRITE: &str = "
INSERT INTO market_trends AS t
       (market_area_id, property_type_id, month, sales_count, median_price,
        median_price_per_square_foot, median_days_on_market)
SELECT market_area_id, property_type_id, month, sales_count, median_price,
       median_price_per_square_foot, median_days_on_market
  FROM computed_trends
 ORDER BY market_area_id, month
ON CONFLICT ON CONSTRAINT market_trends_market_area_month_property_type_key DO UPDATE
   SET sales_count = excluded.sales_count,
       median_price = excluded.median_price,
       median_price_per_square_foot = excluded.median_price_per_square_foot,
       median_days_on_market = excluded.median_days_on_market
 WHERE (t.sales_count, t.median_price, t.median_price_per_square_foot, t.median_days_on_market)
       IS DISTINCT FROM
       (excluded.sales_count, excluded.median_price, excluded.median_price_per_square_foot,
        excluded.median_days_on_market)";

/// Makes the trends what the sales say; returns how many rows were written or removed.
pub async fn refresh(transaction: &Transaction<'_>) -> Result<u64, Error> {
    transaction
        .batch_execute("SELECT pg_advisory_xact_lock(hashtextextended('market trends', 0))")
        .await?;
    transaction.batch_execute("DROP TABLE IF EXISTS pg_temp.computed_trends").await?;
    transaction.batch_execute(MEDIAN).await?;
    transaction.batch_execute(COMPUTED).await?;
    transaction.batch_execute("ANALYZE computed_trends").await?;
    let removed = transaction.execute(REMOVE, &[]).await?;
    let written = transaction.execute(WRITE, &[]).await?;
    Ok(removed + written)
}
