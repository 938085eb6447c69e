INSERT INTO property_identifiers (property_id, kind, issuing_system, value)
SELECT id, 'PARCEL_NUMBER', 'Lucas County Auditor', '12-34 567' FROM properties;
