-- The reference that was given last at a number, for messages of several parts over SMPP only. Its row is the lock that
-- processes take to give the next one. Removed by age: a counter that is made anew begins anywhere.
CREATE TABLE part_reference_counters (
  recipient      VARCHAR(16)       CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  last_reference SMALLINT UNSIGNED NOT NULL,
  used_at        DATETIME(3)       NOT NULL,
  PRIMARY KEY (recipient),
  KEY idx_part_reference_counters_used (used_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
