-- How far messages are counted, in one row: every recipient with an identifier up to folded_until is in the rollups. Its
-- lock is the right to write them.
CREATE TABLE report_positions (
  id           TINYINT    NOT NULL,
  folded_until BINARY(16) NOT NULL,
  PRIMARY KEY (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
