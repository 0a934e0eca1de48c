-- Files that customers have made of their messages or ledger: the job, and after it the file. due_at is when a relay works on
-- it next: at its turn, at the end of a lease, when its file expires, and when the row is removed. owner is set while a relay
-- works on it; file is the one that holds the committed bytes, and position where the rows after them begin. secret signs
-- the address that the file is downloaded from.
CREATE TABLE exports (
  id         BINARY(16)   NOT NULL,
  user_id    BIGINT       NOT NULL,
  what       ENUM ('messages', 'ledger') NOT NULL,
  format     ENUM ('csv', 'ndjson', 'parquet') NOT NULL,
  from_at    DATETIME(3)  NOT NULL,
  until_at   DATETIME(3)  NOT NULL,
  filters    VARCHAR(1000) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  secret     BINARY(32)   NOT NULL,
  state      ENUM ('queued', 'running', 'done', 'failed', 'expired') NOT NULL,
  reason     VARCHAR(50)  CHARACTER SET ascii COLLATE ascii_bin NULL,
  due_at     DATETIME(3)  NOT NULL,
  owner      BINARY(8)    NULL,
  failures   TINYINT UNSIGNED NOT NULL DEFAULT 0,
  file       VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NULL,
  position   VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NULL,
  reached_at DATETIME(3)  NULL,
  row_count  BIGINT       NOT NULL DEFAULT 0,
  byte_count BIGINT       NOT NULL DEFAULT 0,
  total      BIGINT       NOT NULL DEFAULT 0,
  sha256     BINARY(32)   NULL,
  created_at DATETIME(3)  NOT NULL,
  started_at DATETIME(3)  NULL,
  ended_at   DATETIME(3)  NULL,
  PRIMARY KEY (id),
  KEY idx_exports_user (user_id, id),
  KEY idx_exports_state (state, user_id),
  KEY idx_exports_due (due_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
