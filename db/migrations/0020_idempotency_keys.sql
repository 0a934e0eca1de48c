-- The answer to each request that moved money under an idempotency key, inserted by the transaction that moved it and
-- looked up under the same balance lock. A row counts as long as it is there: kept_until is when it may be deleted.
-- Keys are compared by their bytes. Not partitioned, because a unique key would need the partition's column; rows are
-- deleted in batches by idx_idempotency_keys_kept_until.
-- answer is the body byte for byte: a bulk request's may be some megabytes.
CREATE TABLE idempotency_keys (
  user_id         BIGINT            NOT NULL,
  route           VARCHAR(64)       CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  is_test         BOOLEAN           NOT NULL,
  idempotency_key VARCHAR(255)      CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  fingerprint     BINARY(32)        NOT NULL,
  identifier      BINARY(16)        NOT NULL,
  status          SMALLINT UNSIGNED NOT NULL,
  answer          MEDIUMBLOB        NOT NULL,
  created_at      DATETIME(3)       NOT NULL,
  kept_until      DATETIME(3)       NOT NULL,
  PRIMARY KEY (user_id, route, is_test, idempotency_key),
  KEY idx_idempotency_keys_kept_until (kept_until)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
