-- Two rows that every process locks for a moment when it starts, to see that SKIP LOCKED skips.
CREATE TABLE IF NOT EXISTS skip_locked_probe (
  id TINYINT NOT NULL,
  PRIMARY KEY (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
INSERT IGNORE INTO skip_locked_probe (id) VALUES (1), (2);
