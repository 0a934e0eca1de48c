INSERT IGNORE INTO skip_locked_probe (id) VALUES (1), (2);
