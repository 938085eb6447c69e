INSERT INTO listings (property_id, standard_status, close_price, close_date, status_change_timestamp)
SELECT id, 'CLOSED', 48000, '1993-01-04', '1993-01-04T00:00:00Z' FROM properties;
INSERT INTO listings (property_id, standard_status, list_price) SELECT id, 'ACTIVE', 52000 FROM properties;
