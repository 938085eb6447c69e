-- Makes what the factory has made random: who owns, sells and helps where, what is published, deleted
-- and over. Few of each are left, so that whoever asks has to do with most in one way or another. The
-- generator is seeded by whoever runs this. Triggers and foreign keys rest.
SET session_replication_role = replica;

CREATE FUNCTION pg_temp.any_of(rows regclass) RETURNS uuid LANGUAGE plpgsql VOLATILE AS $$
DECLARE chosen uuid;
BEGIN
    EXECUTE format('SELECT id FROM %s ORDER BY random() LIMIT 1', rows) INTO chosen;
    RETURN chosen;
END $$;
CREATE FUNCTION pg_temp.one_of(VARIADIC words text[]) RETURNS text LANGUAGE sql VOLATILE AS
    'SELECT words[1 + floor(random() * cardinality(words))::int]';
CREATE FUNCTION pg_temp.now_or_null(share numeric) RETURNS timestamptz LANGUAGE sql VOLATILE AS
    'SELECT CASE WHEN random() < share THEN now() END';

DELETE FROM users WHERE id NOT IN (SELECT id FROM users ORDER BY created_at, id LIMIT 18);
DELETE FROM properties WHERE id NOT IN (SELECT id FROM properties ORDER BY created_at, id LIMIT 32);
DELETE FROM listings WHERE id NOT IN (SELECT id FROM listings ORDER BY created_at, id LIMIT 40);

UPDATE users SET is_public = random() < 0.3, user_type = pg_temp.one_of('ATTORNEY', 'BUYER'),
    status = pg_temp.one_of('PENDING', 'ACTIVE', 'CLOSED');
UPDATE users SET deleted_at = now() WHERE id IN (SELECT id FROM users ORDER BY random() LIMIT 3);

UPDATE properties SET merged_into_id = NULL, deleted_at = pg_temp.now_or_null(0.1),
    published_at = pg_temp.now_or_null(0.4);
UPDATE listings SET standard_status = 'CLOSED', close_price = NULL, deleted_at = pg_temp.now_or_null(0.1);
UPDATE marketing_materials SET published_at = pg_temp.now_or_null(0.5);

-- More of what hangs on a listing.
INSERT INTO marketing_campaigns
SELECT (jsonb_populate_record(c, jsonb_build_object('id', gen_random_uuid()))).*
FROM marketing_campaigns c, generate_series(1, 2);
INSERT INTO marketing_materials
SELECT (jsonb_populate_record(m, jsonb_build_object('id', gen_random_uuid()))).*
FROM marketing_materials m, generate_series(1, 3);

-- Every reference leads anywhere, where no rule of the database says otherwise.
DO $$
DECLARE reference record; row record;
BEGIN
    FOR reference IN
        SELECT c.conrelid::regclass AS source, c.confrelid::regclass AS target, a.attname AS name, a.attnotnull AS needed
        FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
        WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace
            AND c.confrelid::regclass::text IN ('users', 'properties', 'listings', 'property_valuations', 'marketing_campaigns')
            AND a.attname <> 'merged_into_id'
        ORDER BY c.conname
    LOOP
        FOR row IN EXECUTE format('SELECT id FROM %s ORDER BY created_at, id', reference.source) LOOP
            BEGIN
                EXECUTE format('UPDATE %s SET %I = $1 WHERE id = $2', reference.source, reference.name)
                USING CASE WHEN reference.needed OR random() < 0.85 THEN pg_temp.any_of(reference.target) END, row.id;
            EXCEPTION WHEN unique_violation THEN
                EXECUTE format('DELETE FROM %s WHERE id = $1', reference.source) USING row.id;
            END;
        END LOOP;
    END LOOP;
END $$;

UPDATE listings SET standard_status =
    pg_temp.one_of('INCOMPLETE', 'WITHDRAWN', 'DELETE', 'EXPIRED', 'CLOSED', 'CLOSED', 'CANCELED');
UPDATE listings SET standard_status = pg_temp.one_of('ACTIVE', 'COMING_SOON', 'HOLD', 'PENDING')
WHERE id IN (SELECT DISTINCT ON (property_id) id FROM listings ORDER BY property_id, id) AND random() < 0.6;

INSERT INTO firms (id, name, kind)
SELECT gen_random_uuid(), 'Firm ' || n, 'LAW_FIRM' FROM generate_series(1, 3) n;
INSERT INTO firm_memberships (id, firm_id, user_id, joined_at, ended_at)
SELECT gen_random_uuid(), pg_temp.any_of('firms'), pg_temp.any_of('users'), now() - interval '1 day', pg_temp.now_or_null(0.3)
FROM generate_series(1, 20) n
ON CONFLICT DO NOTHING;

INSERT INTO property_collaborators (id, property_id, user_id, firm_id, capability, invited_by_id, ends_at, ended_at)
SELECT gen_random_uuid(), pg_temp.any_of('properties'),
    CASE WHEN n % 2 = 0 THEN pg_temp.any_of('users') END,
    CASE WHEN n % 2 = 1 THEN pg_temp.any_of('firms') END,
    pg_temp.one_of('VIEW', 'EDIT', 'MANAGE'),
    CASE WHEN random() < 0.5 THEN pg_temp.any_of('users') END,
    CASE floor(random() * 4) WHEN 0 THEN now() - interval '1 day' WHEN 1 THEN now() + interval '1 day' END,
    pg_temp.now_or_null(0.2)
FROM generate_series(1, 120) n
ON CONFLICT DO NOTHING;
