INSERT INTO firms (name, kind, city) VALUES ('Ash & Elm', 'LAW_FIRM', 'Toledo');
INSERT INTO firm_memberships (firm_id, user_id, title) SELECT firms.id, users.id, 'Partner' FROM firms, users LIMIT 1;
INSERT INTO property_collaborators (property_id, firm_id, capability)
SELECT properties.id, firms.id, 'EDIT' FROM properties, firms LIMIT 1;
INSERT INTO invitations (email, property_id, capability, invited_by_id, expires_at)
SELECT 'buyer@example.com', properties.id, 'VIEW', users.id, now() FROM properties, users LIMIT 1;
