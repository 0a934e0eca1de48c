-- A bulk: messages of one customer that came in one request. Inserted by the transaction that accepts its first message
-- and counted on by the transactions that decide the rest: until then, accepted and refused are fewer than messages.
-- Partitioned by week like the messages (decision 0018).
CREATE TABLE bulks (
  bulk_id    BINARY(16)        NOT NULL,
  user_id    BIGINT            NOT NULL,
  is_test    BOOLEAN           NOT NULL,
  messages   SMALLINT UNSIGNED NOT NULL,
  accepted   SMALLINT UNSIGNED NOT NULL,
  refused    SMALLINT UNSIGNED NOT NULL,
  cost       BIGINT            NOT NULL,
  created_at DATETIME(3)       NOT NULL,
  PRIMARY KEY (bulk_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4
PARTITION BY RANGE COLUMNS (bulk_id) (PARTITION p_last VALUES LESS THAN (MAXVALUE));
