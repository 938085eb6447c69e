INSERT INTO idempotency_keys (viewer, key, field, request_hash, answer, errors, position_mark, expires_at)
VALUES ('development', 'a-key', 'publishListing', '\x01', '{}', '[]', '', '2026-01-01T00:00:00Z');
