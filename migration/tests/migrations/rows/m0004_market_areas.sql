INSERT INTO market_areas (code, name, kind, boundary) VALUES
    ('US-OH-LUCAS', 'Lucas County, Ohio', 'COUNTY', 'MULTIPOLYGON(((-84 41.4, -83.2 41.4, -83.2 41.8, -84 41.8, -84 41.4)))');
INSERT INTO market_areas (code, name, kind, is_synthetic, parent_id)
SELECT 'US-OH-LUCAS-1', 'Cell 1', 'GRID_CELL', true, id FROM market_areas;
