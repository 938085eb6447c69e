INSERT INTO user_mfa_methods (user_id, kind, name, sealed_secret, last_step)
SELECT id, 'TOTP', 'Phone', '\x01', 1 FROM users LIMIT 1;
INSERT INTO user_mfa_methods (user_id, kind, name, credential_id, transports, public_key, credential_state)
SELECT id, 'PASSKEY', 'Laptop', '\x02', 0, '\x03', '\x04' FROM users LIMIT 1;
INSERT INTO user_recovery_codes (user_id, code_hash) SELECT id, '\x05' FROM users LIMIT 1;
INSERT INTO authentication_challenges (purpose, secret_hash, transport, expires_at)
VALUES ('PASSKEY_SIGN_IN', '\x06', 'BEARER', '2026-01-01T00:00:00Z');
