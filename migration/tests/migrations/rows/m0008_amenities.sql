INSERT INTO property_amenities (property_id, amenity_id)
SELECT properties.id, amenities.id FROM properties, amenities WHERE code = 'PORCH';
INSERT INTO community_amenities (amenity_id, name, location)
SELECT id, 'Swan Creek Preserve', 'POINT(-83.64 41.62)' FROM amenities WHERE code = 'PARK';
