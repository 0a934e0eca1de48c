-- Weeks that are removed or about to be, of the messages and of the ledger: every identifier of the week is below `below`,
-- a Monday. checking: examined up to position. sealed: nothing changes it any more, receipts match nothing in it. closing:
-- history begins after it, and what was summed of its ledger counts. dropped: its partitions are gone.
-- The sums are of the whole week, beside those of each customer (removed_ledger). blocked_by: why it goes no further.
CREATE TABLE removed_weeks (
  kind       ENUM ('messages', 'ledger') NOT NULL,
  below      BINARY(16)   NOT NULL,
  state      ENUM ('checking', 'sealed', 'closing', 'dropped') NOT NULL,
  position   VARCHAR(200) CHARACTER SET ascii COLLATE ascii_bin NULL,
  entries    BIGINT       NOT NULL DEFAULT 0,
  topups     BIGINT       NOT NULL DEFAULT 0,
  charges    BIGINT       NOT NULL DEFAULT 0,
  refunds    BIGINT       NOT NULL DEFAULT 0,
  manifest   BINARY(32)   NULL,
  blocked_by VARCHAR(20)  CHARACTER SET ascii COLLATE ascii_bin NULL,
  changed_at DATETIME(3)  NOT NULL,
  PRIMARY KEY (kind, below)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
