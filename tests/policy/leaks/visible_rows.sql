-- Who sees what, said once more and plainly: leaves in a database what one user sees, and marks what of
-- it he may not read. `me` has his id, null for nobody. Then `visible_people.sql`.
SET session_replication_role = replica;

-- What his roles say at present, of which firm or of everything. A denial outweighs.
CREATE TEMP TABLE said AS
WITH RECURSIVE mine AS (
    SELECT role_id, firm_id FROM user_roles, me
    WHERE user_id = me.id AND revoked_at IS NULL AND starts_at <= now() AND coalesce(ends_at > now(), true)
    UNION
    SELECT inherited_role_id, firm_id FROM mine JOIN role_inheritance USING (role_id)
)
SELECT name AS permission, firm_id, effect::text FROM mine JOIN role_permissions USING (role_id) JOIN permissions p ON p.id = permission_id;
CREATE FUNCTION pg_temp.may(wanted text) RETURNS boolean LANGUAGE sql AS $$
    SELECT coalesce(bool_or(effect = 'ALLOW') AND NOT bool_or(effect = 'DENY'), false)
    FROM said WHERE permission = wanted AND firm_id IS NULL
$$;
CREATE FUNCTION pg_temp.may_in(wanted text, firm uuid) RETURNS boolean LANGUAGE sql AS $$
    SELECT coalesce(firm IS NOT NULL AND bool_or(effect = 'ALLOW') AND NOT bool_or(effect = 'DENY'), false)
    FROM said WHERE permission = wanted AND (firm_id IS NULL OR firm_id = firm)
$$;

CREATE TEMP TABLE helping AS
SELECT property_id, user_id, firm_id, capability::text FROM property_collaborators
WHERE ended_at IS NULL AND coalesce(ends_at > now(), true);

-- What he has to do with a property: as its owner, its seller at present, or a helper.
CREATE TEMP TABLE mine AS
SELECT p.id, own OR sold OR views AS sees, own OR sold OR manages AS manages, own OR shares AS shares
FROM properties p, me, LATERAL (
    SELECT coalesce(p.owner_id = me.id, false) AS own,
        EXISTS (
            SELECT FROM listings l
            WHERE l.property_id = p.id AND l.seller_id = me.id AND l.deleted_at IS NULL
                AND l.standard_status IN ('INCOMPLETE', 'COMING_SOON', 'ACTIVE', 'ACTIVE_UNDER_CONTRACT', 'HOLD', 'PENDING')
        ) AS sold,
        EXISTS (SELECT FROM helping h WHERE h.property_id = p.id AND (h.user_id = me.id OR pg_temp.may_in('property.read', h.firm_id))) AS views,
        EXISTS (SELECT FROM helping h WHERE h.property_id = p.id AND h.capability = 'MANAGE' AND (h.user_id = me.id OR pg_temp.may_in('listing.read_costs', h.firm_id))) AS manages,
        EXISTS (SELECT FROM helping h WHERE h.property_id = p.id AND h.capability = 'MANAGE' AND (h.user_id = me.id OR pg_temp.may_in('property.manage', h.firm_id))) AS shares
) AS parts;

CREATE TEMP TABLE seen_properties AS
SELECT p.id FROM properties p JOIN mine USING (id)
WHERE p.deleted_at IS NULL AND (pg_temp.may('property.read') OR p.published_at IS NOT NULL OR mine.sees);

CREATE TEMP TABLE seen_listings AS
SELECT l.id FROM listings l JOIN seen_properties p ON p.id = l.property_id JOIN mine ON mine.id = p.id, me
WHERE l.deleted_at IS NULL
    AND (pg_temp.may('property.read') OR l.seller_id = me.id OR mine.sees
        OR l.standard_status IN ('COMING_SOON', 'ACTIVE', 'ACTIVE_UNDER_CONTRACT', 'PENDING', 'CLOSED'));

CREATE TEMP TABLE seen_materials AS
SELECT m.id FROM marketing_materials m
JOIN seen_listings s ON s.id = m.listing_id JOIN listings l ON l.id = s.id JOIN mine ON mine.id = l.property_id, me
WHERE pg_temp.may('property.read') OR m.published_at IS NOT NULL OR l.seller_id = me.id OR mine.sees;

CREATE TEMP TABLE seen_campaigns AS
SELECT c.id FROM marketing_campaigns c
JOIN seen_listings s ON s.id = c.listing_id JOIN listings l ON l.id = s.id JOIN mine ON mine.id = l.property_id, me
WHERE pg_temp.may('listing.read_costs') OR l.seller_id = me.id OR mine.manages;

-- Who is met in a firm, or at a property that both own or help with.
CREATE TEMP TABLE working AS SELECT user_id, firm_id FROM firm_memberships WHERE ended_at IS NULL;
CREATE TEMP TABLE meeting AS
SELECT id AS property_id, owner_id AS user_id FROM properties WHERE deleted_at IS NULL AND owner_id IS NOT NULL
UNION
SELECT h.property_id, coalesce(h.user_id, w.user_id)
FROM helping h
JOIN properties p ON p.id = h.property_id AND p.deleted_at IS NULL
LEFT JOIN working w ON w.firm_id = h.firm_id;
CREATE TEMP TABLE seen_users AS
SELECT u.id FROM users u, me
WHERE u.deleted_at IS NULL AND (
    pg_temp.may('user.read') OR u.is_public OR u.id = me.id
    OR EXISTS (SELECT FROM working a JOIN working b USING (firm_id) WHERE a.user_id = me.id AND b.user_id = u.id)
    OR EXISTS (SELECT FROM meeting a JOIN meeting b USING (property_id) WHERE a.user_id = me.id AND b.user_id = u.id)
);
