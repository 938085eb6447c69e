INSERT INTO market_trends (market_area_id, month, sales_count, median_price)
SELECT id, '1993-01-01', 1, 48000 FROM market_areas WHERE code = 'US-OH-LUCAS-1';
