-- What the client scripts below web/clients expect: 25 houses in Toledo, each offered, and offered
-- again for less.
WITH owner AS (
    INSERT INTO users (user_type, display_name) VALUES ('SELLER', 'Olive Owner') RETURNING id
), houses AS (
    INSERT INTO properties
        (property_type_id, owner_id, unparsed_address, city, year_built, published_at)
    SELECT type.id, owner.id, format('%s Elm St', number), 'Toledo', 1950 + number, now()
    FROM property_types AS type, owner, generate_series(1, 25) AS number
    WHERE type.code = 'RESIDENTIAL'
    RETURNING id
)
INSERT INTO listings (property_id, standard_status, list_price)
SELECT id, 'ACTIVE', 250000.50 FROM houses;

UPDATE listings SET list_price = 240000.10;
