//! Market areas for data that names none: a grid of hexagons under one parent.
//!
//! Both are marked as synthetic. The grid is anchored in its projection, so the same
//! place is in the same hexagon whatever the file; only hexagons with a property exist.

use tokio_postgres::Transaction;

use super::{ImportError, mapping::MarketAreas};

/// Makes the areas that are missing and gives each staged row its own.
///
/// `location` is the SQL expression of a staged row's point.
pub(crate) async fn assign(
    transaction: &Transaction<'_>,
    areas: &MarketAreas,
    location: &str,
) -> Result<(), ImportError> {
    let (projection, edge) = (areas.projection, areas.edge_metres);
    // Points and hexagons meet as geography, exactly as a query `within` an area will find
    // them; a point on an edge belongs to the first of its hexagons. Corners are rounded (to
    // about a centimetre), so that neighbours share them to the last digit. The grid is asked
    // for around each point (with a margin, for edges are lines in the projection and arcs on
    // the earth), so that one point far away does not ask for all hexagons between.
    transaction
        .batch_execute(&format!(
            "CREATE TEMPORARY TABLE import_points ON COMMIT DROP AS
                 SELECT s.line, {location} AS location FROM import_rows s;
             DELETE FROM import_points WHERE location IS NULL;
             CREATE INDEX ON import_points USING gist (location);
             ANALYZE import_points;
             CREATE TEMPORARY TABLE import_hexagons ON COMMIT DROP AS
                 SELECT DISTINCT ON (hexagon.i, hexagon.j) hexagon.i, hexagon.j,
                        ST_Multi(ST_SnapToGrid(ST_Transform(hexagon.geom, 4326), 1e-7))::geography
                        AS boundary
                   FROM (SELECT ST_Transform(location::geometry, {projection}) AS point
                           FROM import_points) AS place,
                        LATERAL ST_HexagonGrid({edge}, ST_Expand(place.point, {edge} / 100.0)) AS hexagon;
             CREATE TEMPORARY TABLE import_places ON COMMIT DROP AS
                 SELECT DISTINCT ON (p.line) p.line, h.i, h.j
                   FROM import_hexagons h JOIN import_points p
                     ON ST_Covers(h.boundary, p.location)
                  ORDER BY p.line, h.i, h.j"
        ))
        .await?;
    let code = &areas.code;
    let source = format!(
        "Synthetic: hexagons with edges of {edge} m in EPSG:{projection} that hold an imported property"
    );
    transaction
        .execute(
            "INSERT INTO market_areas (code, name, kind, is_synthetic, data_source)
             SELECT $1, $2, 'COUNTY', true, $3
              WHERE EXISTS (SELECT FROM import_places)
             ON CONFLICT (code) DO NOTHING",
            &[code, &areas.name, &source],
        )
        .await?;
    transaction
        .execute(
            "INSERT INTO market_areas (code, name, kind, boundary, is_synthetic, data_source, parent_id)
             SELECT parent.code || '_' || h.i || '_' || h.j,
                    parent.name || ', hexagon ' || h.i || '/' || h.j,
                    'GRID_CELL', h.boundary, true, $2, parent.id
               FROM import_hexagons h, market_areas parent
              WHERE parent.code = $1
                AND EXISTS (SELECT FROM import_places p WHERE p.i = h.i AND p.j = h.j)
              ORDER BY h.i, h.j
             ON CONFLICT (code) DO NOTHING",
            &[code, &source],
        )
        .await?;
    transaction
        .execute(
            "UPDATE import_rows s SET market_area_id = area.id
               FROM import_places p JOIN market_areas area
                 ON area.code = $1::text || '_' || p.i || '_' || p.j
              WHERE p.line = s.line",
            &[code],
        )
        .await?;
    outline(transaction, code).await
}

/// The parent's boundary is all that its hexagons cover.
async fn outline(transaction: &Transaction<'_>, code: &str) -> Result<(), ImportError> {
    transaction
        .execute(
            "UPDATE market_areas parent SET boundary = whole.boundary
               FROM (SELECT child.parent_id,
                            ST_Multi(ST_Union(child.boundary::geometry ORDER BY child.code))::geography
                            AS boundary
                       FROM market_areas child GROUP BY child.parent_id) AS whole
              WHERE parent.code = $1 AND whole.parent_id = parent.id
                AND parent.boundary::text IS DISTINCT FROM whole.boundary::text",
            &[&code],
        )
        .await?;
    Ok(())
}
