INSERT INTO jobs (name, payload) VALUES ('send_mail', '{"template": "verify_email"}');
INSERT INTO jobs (name, is_periodic, run_at) VALUES ('sweep_user_tokens', true, now() + '1 hour');
INSERT INTO jobs (name, attempts, last_error, failed_at) VALUES ('send_mail', 20, 'the mail server is away', now());
