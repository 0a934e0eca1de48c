INSERT IGNORE INTO retention_position (id) VALUES (1);
