INSERT IGNORE INTO access_revision (id, revision) VALUES (1, 0);
