-- What is known of people, how they sign in, and what they may do; after `random_rows.sql`.
-- Two who have nothing to do with any property, and met in a firm that one of them has left.
INSERT INTO users (user_type, display_name) VALUES ('BUYER', 'Colleague'), ('BUYER', 'Former colleague');
INSERT INTO firms (name, kind) VALUES ('Firm 4', 'LAW_FIRM');
INSERT INTO firm_memberships (firm_id, user_id, joined_at, ended_at)
SELECT f.id, u.id, now(), CASE WHEN display_name LIKE 'Former%' THEN now() END
FROM users u, firms f WHERE display_name LIKE '%olleague' AND f.name = 'Firm 4';

INSERT INTO user_authentication (user_id, email, email_verified_at)
SELECT id, 'U' || row_number() OVER (ORDER BY created_at, id) || '@example.com', pg_temp.now_or_null(0.7)
FROM users;
INSERT INTO user_sessions (user_id, transport, refresh_token_hash, authenticated_by, address, refresh_expires_at, expires_at)
SELECT pg_temp.any_of('users'), 'BEARER', decode(md5(n::text), 'hex'), 'PASSWORD', '127.0.0.1', now(), now()
FROM generate_series(1, 40) n;
INSERT INTO user_mfa_methods (user_id, kind, name, sealed_secret, last_step)
SELECT pg_temp.any_of('users'), 'TOTP', 'App ' || n, '\x00', 0 FROM generate_series(1, 20) n
ON CONFLICT DO NOTHING;
INSERT INTO security_events (kind, user_id, actor_id, address)
SELECT pg_temp.one_of('SIGNED_IN', 'SIGNED_OUT'), CASE WHEN random() < 0.8 THEN pg_temp.any_of('users') END,
    CASE WHEN random() < 0.8 THEN pg_temp.any_of('users') END, '127.0.0.' || n
FROM generate_series(1, 40) n;
INSERT INTO api_keys (user_id, name, key_hash, hint, permissions, expires_at)
SELECT pg_temp.any_of('users'), 'Key ' || n, decode(md5(n::text), 'hex'), 'hint', ARRAY['user.read'], now()
FROM generate_series(1, 30) n;
INSERT INTO external_identities (issuer, subject, user_id)
SELECT 'https://issuer.example', 'subject ' || n, pg_temp.any_of('users') FROM generate_series(1, 30) n;

INSERT INTO user_profiles (user_id, given_name) SELECT id, 'Name' FROM users WHERE random() < 0.9;
INSERT INTO user_profile_history (user_profile_id, changed_at, changed_by_id, before, after)
SELECT pg_temp.any_of('user_profiles'), now(), CASE WHEN random() < 0.8 THEN pg_temp.any_of('users') END, '{}', '{}'
FROM generate_series(1, 40) n;
INSERT INTO contact_methods (user_id, kind, email, verified_at, verified_by_id, deleted_at)
SELECT pg_temp.any_of('users'), 'EMAIL', n || '@example.com', now(),
    CASE WHEN random() < 0.5 THEN pg_temp.any_of('users') END, pg_temp.now_or_null(0.2)
FROM generate_series(1, 40) n;
INSERT INTO contact_consents (contact_method_id, channel, source, given_by_id)
SELECT pg_temp.any_of('contact_methods'), pg_temp.one_of('CALLS', 'TEXTS'), 'asked',
    CASE WHEN random() < 0.5 THEN pg_temp.any_of('users') END
FROM generate_series(1, 40) n
ON CONFLICT DO NOTHING;
INSERT INTO professional_licenses (user_id, kind, number, jurisdiction, status, expires_on)
SELECT pg_temp.any_of('users'), 'ATTORNEY', n, 'US-OH', pg_temp.one_of('ACTIVE', 'ACTIVE', 'PENDING'),
    CASE floor(random() * 3) WHEN 0 THEN current_date - 30 WHEN 1 THEN current_date + 30 END
FROM generate_series(1, 160) n;
UPDATE professional_licenses SET verified_at = now(), verified_by_id = pg_temp.any_of('users') WHERE random() < 0.7;
INSERT INTO user_specializations (user_id, specialization_id)
SELECT pg_temp.any_of('users'), pg_temp.any_of('specializations') FROM generate_series(1, 30) n
ON CONFLICT DO NOTHING;
INSERT INTO professional_affiliations (user_id, organization_name)
SELECT pg_temp.any_of('users'), 'Bar ' || n FROM generate_series(1, 30) n;
INSERT INTO preference_categories (user_id, code, name, value_schema)
SELECT pg_temp.any_of('users'), 'CATEGORY_' || n, 'Category', '{}' FROM generate_series(1, 20) n;
INSERT INTO user_preferences (user_id, preference_category_id, value)
SELECT pg_temp.any_of('users'), pg_temp.any_of('preference_categories'), '1' FROM generate_series(1, 60) n
ON CONFLICT DO NOTHING;
INSERT INTO invitations (email, firm_id, property_id, capability, invited_by_id, state, expires_at)
SELECT lower(email), firm, property, CASE WHEN firm IS NULL THEN 'VIEW' END, pg_temp.any_of('users'),
    pg_temp.one_of('PENDING', 'EXPIRED'), now()
FROM generate_series(1, 60) n,
    LATERAL (SELECT email FROM user_authentication WHERE n > 0 ORDER BY random() LIMIT 1) AS invited,
    LATERAL (SELECT CASE WHEN n % 2 = 0 THEN pg_temp.any_of('firms') END AS firm,
        CASE WHEN n % 2 = 1 THEN pg_temp.any_of('properties') END AS property) AS into_what
ON CONFLICT DO NOTHING;

-- Roles of firms, some deleted, and one for each permission that allows it and one that denies it.
INSERT INTO roles (name, scope, firm_id, deleted_at)
SELECT 'firm role ' || n, 'FIRM', pg_temp.any_of('firms'), pg_temp.now_or_null(0.3) FROM generate_series(1, 12) n;
INSERT INTO roles (name) SELECT name FROM permissions UNION ALL SELECT 'not ' || name FROM permissions;
INSERT INTO role_permissions (role_id, permission_id, effect, set_by_id)
SELECT r.id, p.id, CASE WHEN r.name = p.name THEN 'ALLOW' ELSE 'DENY' END,
    CASE WHEN random() < 0.5 THEN pg_temp.any_of('users') END
FROM roles r JOIN permissions p ON r.name IN (p.name, 'not ' || p.name) OR r.firm_id IS NOT NULL AND random() < 0.1;
INSERT INTO role_inheritance (role_id, inherited_role_id)
SELECT a.id, b.id FROM roles a JOIN roles b ON a.id > b.id
WHERE a.firm_id IS NOT NULL AND b.firm_id IS NOT NULL AND random() < 0.3;

-- Who has which: everywhere or in a firm, at present, not yet, or no longer.
INSERT INTO user_roles (user_id, role_id, firm_id, starts_at, ends_at)
SELECT asking.id, roles.id, CASE WHEN in_firm THEN firm.id END,
    now() - interval '2 days' + greatest(later, 0) * interval '3 days',
    CASE WHEN later < 0 THEN now() - interval '1 day' END
FROM (VALUES
    (1, 'administrator', false, 1), (2, 'staff', false, -1), (3, 'buyer', false, 0),
    (4, 'firm_member', true, 0), (5, 'firm_member', true, 0),
    (6, 'firm_administrator', true, 0),
    (7, 'firm_administrator', true, 0), (7, 'not property.read', true, 0), (7, 'not firm.manage', false, 0),
    (8, 'staff', false, 0),
    (9, 'staff', false, 0), (9, 'not property.read', false, 0), (9, 'not user.read', false, 0),
    (10, 'administrator', false, 0),
    (11, 'administrator', false, 0), (11, 'not firm.manage', true, 0), (11, 'not firm.invite', true, 0),
    (11, 'not property.manage', true, 0), (11, 'not listing.read_costs', true, 0), (11, 'not role.assign', false, 0),
    (11, 'not role.manage', false, 0), (11, 'not user.read', true, 0),
    (12, 'property.read', false, 0), (12, 'api_key.manage', false, 0), (12, 'firm.invite', true, 0),
    (13, 'property.manage', false, 0), (13, 'role.assign', false, 0),
    (14, 'listing.read_costs', false, 0), (14, 'license.verify', false, 0),
    (15, 'role.manage', false, 0), (15, 'security.read', false, 0),
    (16, 'user.manage', false, 0), (16, 'elevation.approve', true, 0), (16, 'property.manage', true, 0),
    (17, 'elevation.approve', false, 0), (17, 'listing.read_costs', true, 0), (17, 'firm.manage', true, 0)
) AS given (number, role, in_firm, later)
JOIN (SELECT id, row_number() OVER (ORDER BY created_at, id) AS number FROM users WHERE deleted_at IS NULL) asking USING (number)
JOIN roles ON roles.name = role AND roles.firm_id IS NULL
JOIN (SELECT id, row_number() OVER (ORDER BY name) - 1 AS place FROM firms) firm ON place = number % 3;
INSERT INTO firm_memberships (firm_id, user_id)
SELECT DISTINCT a.firm_id, a.user_id FROM user_roles a JOIN roles r ON r.id = a.role_id
WHERE a.firm_id IS NOT NULL AND r.is_shipped
ON CONFLICT DO NOTHING;
INSERT INTO user_roles (user_id, role_id, firm_id, assigned_by_id, revoked_at)
SELECT pg_temp.any_of('users'), pg_temp.any_of('roles'), CASE WHEN random() < 0.7 THEN pg_temp.any_of('firms') END,
    CASE WHEN random() < 0.5 THEN pg_temp.any_of('users') END, now()
FROM generate_series(1, 40) n;
INSERT INTO elevation_requests (user_id, role_id, firm_id, reason, minutes, status, lapses_at)
SELECT pg_temp.any_of('users'), pg_temp.any_of('roles'), CASE WHEN random() < 0.7 THEN pg_temp.any_of('firms') END,
    'needed', 5, 'WITHDRAWN', now()
FROM generate_series(1, 40) n;
