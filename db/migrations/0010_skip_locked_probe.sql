-- Two rows that every process locks for a moment when it starts, to see that SKIP LOCKED skips.
CREATE TABLE skip_locked_probe (
  id TINYINT NOT NULL,
  PRIMARY KEY (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
