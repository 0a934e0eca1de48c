INSERT IGNORE INTO audit_checkpoint (id) VALUES (1);
