INSERT IGNORE INTO report_positions (id, folded_until) VALUES (1, UNHEX(REPEAT('0', 32)));
