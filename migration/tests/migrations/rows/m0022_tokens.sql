INSERT INTO signing_keys (kid, public_key, private_key)
VALUES ('one', decode(repeat('00', 32), 'hex'), '\x01');
INSERT INTO api_keys (user_id, name, key_hash, hint, permissions, expires_at)
SELECT id, 'Import', '\x01', 'abcd', '{property.read}', now() + interval '1 day' FROM users LIMIT 1;
INSERT INTO external_identities (issuer, subject, user_id)
SELECT 'https://issuer.example', 'somebody', id FROM users LIMIT 1;
