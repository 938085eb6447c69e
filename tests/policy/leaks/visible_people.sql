-- What one user sees of people, firms and access; after `visible_rows.sql`. Then takes the rest away.
CREATE TEMP TABLE seen_profiles AS
SELECT p.id FROM user_profiles p JOIN seen_users u ON u.id = p.user_id, me
WHERE p.user_id = me.id OR pg_temp.may('user.read')
    OR EXISTS (SELECT FROM working w WHERE w.user_id = p.user_id AND pg_temp.may_in('firm.manage', w.firm_id));
CREATE TEMP TABLE seen_profile_changes AS
SELECT c.id FROM user_profile_history c JOIN user_profiles p ON p.id = c.user_profile_id JOIN seen_profiles s ON s.id = p.id, me
WHERE p.user_id = me.id OR pg_temp.may('user.read');
CREATE TEMP TABLE seen_contact_methods AS
SELECT c.id FROM contact_methods c JOIN seen_users u ON u.id = c.user_id, me
WHERE c.deleted_at IS NULL AND (c.user_id = me.id OR pg_temp.may('user.read'));
CREATE TEMP TABLE seen_licenses AS
SELECT l.id FROM professional_licenses l JOIN seen_users s ON s.id = l.user_id JOIN users u ON u.id = l.user_id, me
WHERE l.user_id = me.id OR pg_temp.may('user.read') OR pg_temp.may('license.verify')
    OR EXISTS (SELECT FROM working w WHERE w.user_id = l.user_id AND pg_temp.may_in('firm.manage', w.firm_id))
    OR l.verified_at IS NOT NULL AND l.status = 'ACTIVE' AND coalesce(l.expires_on >= current_date, true)
        AND u.is_public AND u.user_type = 'ATTORNEY';
CREATE TEMP TABLE seen_categories AS
SELECT c.id FROM preference_categories c, me WHERE c.user_id IS NULL OR c.user_id = me.id OR pg_temp.may('user.read');
CREATE TEMP TABLE seen_preferences AS
SELECT p.id FROM user_preferences p JOIN seen_users u ON u.id = p.user_id
JOIN seen_categories c ON c.id = p.preference_category_id, me
WHERE p.user_id = me.id OR pg_temp.may('user.read');
CREATE TEMP TABLE seen_memberships AS
SELECT m.id FROM firm_memberships m, me
WHERE m.user_id = me.id OR pg_temp.may('user.read') OR pg_temp.may_in('firm.manage', m.firm_id)
    OR EXISTS (SELECT FROM working w WHERE w.user_id = me.id AND w.firm_id = m.firm_id);
CREATE TEMP TABLE seen_collaborators AS
SELECT c.id FROM property_collaborators c JOIN seen_properties p ON p.id = c.property_id JOIN mine ON mine.id = p.id, me
WHERE c.user_id = me.id OR pg_temp.may('property.manage') OR mine.shares
    OR EXISTS (SELECT FROM working w WHERE w.user_id = me.id AND w.firm_id = c.firm_id);
CREATE TEMP TABLE seen_invitations AS
SELECT i.id FROM invitations i LEFT JOIN mine ON mine.id = i.property_id, me
WHERE i.invited_by_id = me.id OR pg_temp.may_in('firm.invite', i.firm_id)
    OR i.property_id IS NOT NULL AND (mine.shares OR pg_temp.may('property.manage'))
    OR EXISTS (
        SELECT FROM user_authentication a
        WHERE a.user_id = me.id AND a.email_verified_at IS NOT NULL AND lower(a.email) = lower(i.email)
    );
CREATE TEMP TABLE seen_roles AS
SELECT r.id FROM roles r, me
WHERE r.deleted_at IS NULL AND (
    pg_temp.may('role.manage') OR pg_temp.may('role.assign') OR pg_temp.may('user.read')
    OR me.id IS NOT NULL AND r.firm_id IS NULL
    OR EXISTS (SELECT FROM working w WHERE w.user_id = me.id AND w.firm_id = r.firm_id)
);
CREATE TEMP TABLE seen_assignments AS
SELECT a.id FROM user_roles a, me
WHERE a.user_id = me.id OR pg_temp.may('role.manage') OR pg_temp.may('role.assign') OR pg_temp.may('user.read')
    OR pg_temp.may_in('firm.manage', a.firm_id);
CREATE TEMP TABLE seen_elevations AS
SELECT e.id FROM elevation_requests e, me
WHERE e.user_id = me.id OR pg_temp.may('elevation.approve') OR pg_temp.may_in('elevation.approve', e.firm_id);

-- What he may not read of what he sees: the test knows these values.
UPDATE users SET status = 'SUSPENDED' FROM me WHERE NOT pg_temp.may('user.read') AND users.id IS DISTINCT FROM me.id;
DELETE FROM user_authentication USING me WHERE NOT pg_temp.may('user.read') AND user_id IS DISTINCT FROM me.id;
INSERT INTO user_authentication (user_id, email, email_verified_at)
SELECT id, 'withheld-' || id, now() FROM users WHERE id NOT IN (SELECT user_id FROM user_authentication) AND status = 'SUSPENDED';
UPDATE security_events SET address = 'withheld-' FROM me
WHERE NOT pg_temp.may('security.read') AND actor_id IS NOT NULL AND actor_id IS DISTINCT FROM me.id;
CREATE TEMP TABLE costly AS SELECT id FROM mine WHERE NOT (manages OR pg_temp.may('listing.read_costs'));
UPDATE property_conditions SET estimated_repair_cost = 777777.77 WHERE property_id IN (SELECT id FROM costly);
UPDATE property_improvements SET cost = 777777.77 WHERE property_id IN (SELECT id FROM costly);
UPDATE property_maintenance_records SET cost = 777777.77 WHERE property_id IN (SELECT id FROM costly);

DELETE FROM user_sessions USING me WHERE user_id IS DISTINCT FROM me.id;
DELETE FROM user_mfa_methods USING me WHERE user_id IS DISTINCT FROM me.id;
DELETE FROM security_events USING me WHERE coalesce(user_id <> me.id, true) AND NOT pg_temp.may('security.read');
DELETE FROM api_keys USING me WHERE user_id IS DISTINCT FROM me.id AND NOT pg_temp.may('api_key.manage');
DELETE FROM external_identities USING me WHERE user_id IS DISTINCT FROM me.id AND NOT pg_temp.may('user.manage');
DELETE FROM users WHERE id NOT IN (SELECT id FROM seen_users);
DELETE FROM user_authentication WHERE user_id NOT IN (SELECT id FROM seen_users);
DELETE FROM user_profiles WHERE id NOT IN (SELECT id FROM seen_profiles);
DELETE FROM user_profile_history WHERE id NOT IN (SELECT id FROM seen_profile_changes);
DELETE FROM contact_methods WHERE id NOT IN (SELECT id FROM seen_contact_methods);
DELETE FROM contact_consents WHERE contact_method_id NOT IN (SELECT id FROM seen_contact_methods);
DELETE FROM professional_licenses WHERE id NOT IN (SELECT id FROM seen_licenses);
DELETE FROM user_specializations WHERE user_id NOT IN (SELECT id FROM seen_users);
DELETE FROM professional_affiliations WHERE user_id NOT IN (SELECT id FROM seen_users);
DELETE FROM preference_categories WHERE id NOT IN (SELECT id FROM seen_categories);
DELETE FROM user_preferences WHERE id NOT IN (SELECT id FROM seen_preferences);
DELETE FROM firm_memberships WHERE id NOT IN (SELECT id FROM seen_memberships);
DELETE FROM property_collaborators WHERE id NOT IN (SELECT id FROM seen_collaborators);
DELETE FROM invitations WHERE id NOT IN (SELECT id FROM seen_invitations);
DELETE FROM role_permissions WHERE role_id NOT IN (SELECT id FROM seen_roles);
DELETE FROM role_inheritance WHERE role_id NOT IN (SELECT id FROM seen_roles) OR inherited_role_id NOT IN (SELECT id FROM seen_roles);
DELETE FROM roles WHERE id NOT IN (SELECT id FROM seen_roles);
DELETE FROM user_roles WHERE id NOT IN (SELECT id FROM seen_assignments);
DELETE FROM elevation_requests WHERE id NOT IN (SELECT id FROM seen_elevations);
DELETE FROM properties WHERE id NOT IN (SELECT id FROM seen_properties);
DELETE FROM property_identifiers WHERE property_id NOT IN (SELECT id FROM seen_properties);
DELETE FROM property_features WHERE property_id NOT IN (SELECT id FROM seen_properties);
DELETE FROM property_amenities WHERE property_id NOT IN (SELECT id FROM seen_properties);
DELETE FROM property_conditions WHERE property_id NOT IN (SELECT id FROM seen_properties);
DELETE FROM property_improvements WHERE property_id NOT IN (SELECT id FROM seen_properties);
DELETE FROM property_maintenance_records WHERE property_id NOT IN (SELECT id FROM seen_properties);
DELETE FROM property_valuations WHERE property_id NOT IN (SELECT id FROM seen_properties);
DELETE FROM comparable_sales WHERE valuation_id NOT IN (SELECT id FROM property_valuations);
DELETE FROM listings WHERE id NOT IN (SELECT id FROM seen_listings);
DELETE FROM listing_status_history WHERE listing_id NOT IN (SELECT id FROM seen_listings);
DELETE FROM listing_price_history WHERE listing_id NOT IN (SELECT id FROM seen_listings);
DELETE FROM marketing_materials WHERE id NOT IN (SELECT id FROM seen_materials);
DELETE FROM marketing_campaigns WHERE id NOT IN (SELECT id FROM seen_campaigns);

-- A reference to what is not there is none, whatever the database's rules say.
DO $$
DECLARE reference record; rule name; touched bigint; dangling text := '%3$I IS NOT NULL AND NOT EXISTS (SELECT FROM %2$s t WHERE t.id = %1$s.%3$I)';
BEGIN
    FOR reference IN
        SELECT c.conrelid::regclass AS source, c.confrelid::regclass AS target, a.attname AS name, a.attnum AS number
        FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
        WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace
            -- Of what kind a category or an invitation is follows from whether these are there.
            AND (c.conrelid, a.attname) NOT IN (('preference_categories'::regclass, 'user_id'), ('invitations'::regclass, 'property_id'))
    LOOP
        EXECUTE format('SELECT count(*) FROM %1$s WHERE ' || dangling, reference.source, reference.target, reference.name) INTO touched;
        CONTINUE WHEN touched = 0;
        -- The server wants to find their names.
        FOR rule IN SELECT conname FROM pg_constraint WHERE contype = 'c' AND conrelid = reference.source AND reference.number = ANY (conkey) LOOP
            EXECUTE format('ALTER TABLE %1$s DROP CONSTRAINT %2$I, ADD CONSTRAINT %2$I CHECK (true)', reference.source, rule);
        END LOOP;
        EXECUTE format('ALTER TABLE %s ALTER %I DROP NOT NULL', reference.source, reference.name);
        EXECUTE format('UPDATE %1$s SET %3$I = NULL WHERE ' || dangling, reference.source, reference.target, reference.name);
    END LOOP;
END $$;
