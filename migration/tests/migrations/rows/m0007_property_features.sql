INSERT INTO property_features (property_id, feature_type_id, number_value)
SELECT properties.id, property_feature_types.id, 320 FROM properties, property_feature_types WHERE code = 'GARAGE_AREA';
