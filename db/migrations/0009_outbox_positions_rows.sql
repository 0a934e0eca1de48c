INSERT IGNORE INTO outbox_positions (lane, order_key) VALUES (0, 0), (2, 0);
