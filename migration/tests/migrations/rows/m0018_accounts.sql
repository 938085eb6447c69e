INSERT INTO user_authentication (user_id, email, email_verified_at, password_hash, password_changed_at)
SELECT id, 'Owner@example.test', now(), '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA', now() FROM users LIMIT 1;
INSERT INTO user_sessions
    (user_id, transport, refresh_token_hash, csrf_token_hash, authenticated_by, address, refresh_expires_at, expires_at)
SELECT id, 'COOKIE', '\x01', '\x02', 'PASSWORD', '192.0.2.1', now() + '30 days', now() + '90 days' FROM users LIMIT 1;
INSERT INTO user_session_tokens (session_id, token_hash) SELECT id, '\x03' FROM user_sessions;
INSERT INTO login_attempts (email_hash, user_id, address, outcome)
SELECT '\x04', id, '192.0.2.1', 'SUCCEEDED' FROM users LIMIT 1;
INSERT INTO user_tokens (user_id, purpose, email, token_hash, expires_at)
SELECT id, 'RESET_PASSWORD', 'owner@example.test', '\x05', now() + '1 hour' FROM users LIMIT 1;
