INSERT INTO users (user_type, display_name, is_sample) VALUES ('SELLER', 'Sample Owner 0001', true);
