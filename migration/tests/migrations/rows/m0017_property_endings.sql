INSERT INTO properties (property_type_id, deleted_at, merged_into_id)
SELECT property_type_id, now(), id FROM properties;
