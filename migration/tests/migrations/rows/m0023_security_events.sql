SELECT record_security_event('SIGNED_IN', (SELECT id FROM users LIMIT 1), NULL, '192.0.2.1', '{"by": "PASSWORD"}');
INSERT INTO lockouts (key, failures, locked_until, expires_at)
VALUES ('account:0', 5, '2026-01-01T00:00:30Z', '2026-01-01T01:00:30Z');
