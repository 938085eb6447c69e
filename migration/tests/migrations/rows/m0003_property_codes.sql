INSERT INTO zoning_codes (jurisdiction, code, name) VALUES ('City of Toledo, OH', 'RS6', 'Single Dwelling Residential');
INSERT INTO property_sub_types (code, name) VALUES ('TINY_HOUSE', 'Tiny House');
