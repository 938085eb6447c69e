INSERT INTO professional_licenses (user_id, kind, number, jurisdiction) SELECT id, 'ATTORNEY', '0012345', 'US-OH' FROM users LIMIT 1;
INSERT INTO user_specializations (user_id, specialization_id) SELECT users.id, specializations.id FROM users, specializations LIMIT 1;
INSERT INTO professional_affiliations (user_id, organization_name) SELECT id, 'Toledo Bar Association' FROM users LIMIT 1;
