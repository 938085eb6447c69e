INSERT INTO roles (name, scope, firm_id)
SELECT 'Closing assistant', 'FIRM', id FROM firms ORDER BY id LIMIT 1;
INSERT INTO role_permissions (role_id, permission_id, effect)
SELECT roles.id, permissions.id, 'DENY' FROM roles, permissions
WHERE roles.name = 'Closing assistant' AND permissions.name = 'property.write';
INSERT INTO role_inheritance (role_id, inherited_role_id)
SELECT heir.id, inherited.id FROM roles heir, roles inherited
WHERE heir.name = 'Closing assistant' AND inherited.name = 'firm_member';
INSERT INTO user_roles (user_id, role_id, reason)
SELECT users.id, roles.id, 'The first.' FROM users, roles
WHERE users.display_name = 'Sample Owner 0001' AND roles.name = 'seller';
INSERT INTO elevation_requests (user_id, role_id, reason, minutes, lapses_at)
SELECT users.id, roles.id, 'A merge that cannot wait.', 60, now() + interval '1 day' FROM users, roles
WHERE users.display_name = 'Sample Owner 0001' AND roles.name = 'staff';
