INSERT INTO property_conditions (property_id, rating, inspected_on) SELECT id, 'C3', '1998-01-05' FROM properties;
INSERT INTO property_improvements (property_id, kind, component, title) SELECT id, 'REPLACEMENT', 'ROOF', 'New shingles' FROM properties;
INSERT INTO property_maintenance_records (property_id, component, title, performed_on)
SELECT id, 'HEATING_AND_COOLING', 'Furnace serviced', '1997-10-01' FROM properties;
