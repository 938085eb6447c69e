INSERT INTO user_profiles (user_id, given_name, languages, time_zone)
SELECT id, 'Ada', ARRAY['en', 'es-MX'], 'America/New_York' FROM users LIMIT 1;
INSERT INTO contact_methods (user_id, kind, phone, phone_region) SELECT id, 'PHONE', '+14195550100', 'US' FROM users LIMIT 1;
INSERT INTO contact_consents (contact_method_id, channel, source) SELECT id, 'TEXTS', 'Said so on the telephone.' FROM contact_methods;
INSERT INTO user_preferences (user_id, preference_category_id, value)
SELECT users.id, preference_categories.id, '{}' FROM users, preference_categories LIMIT 1;
