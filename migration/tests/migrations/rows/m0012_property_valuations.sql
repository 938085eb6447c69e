INSERT INTO property_valuations (property_id, amount, method, source) SELECT id, 71400, 'ASSESSMENT', 'Lucas County Auditor' FROM properties;
INSERT INTO comparable_sales (valuation_id, property_id, sale_date, sale_price, distance_meters, days_apart, adjusted_price)
SELECT property_valuations.id, properties.id, '1993-01-04', 48000, 120.5, 30, 49000 FROM property_valuations, properties;
