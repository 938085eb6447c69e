INSERT INTO properties (property_type_id, market_area_id, owner_id, zoning_code_id, living_area, lot_size_square_feet, location, published_at)
SELECT property_types.id, market_areas.id, users.id, zoning_codes.id, 988, 6100, 'POINT(-83.651951 41.567956)', now()
FROM property_types, market_areas, users, zoning_codes
WHERE property_types.code = 'RESIDENTIAL' AND market_areas.code = 'US-OH-LUCAS-1';
