-- One event at one endpoint, written after its first attempt, with the answer to the last one. Of a callback_url and of a
-- test it is written before. next_attempt_at is NULL when no attempt follows. Kept for 30 days.
CREATE TABLE webhook_deliveries (
  endpoint_id     BINARY(16)        NOT NULL,
  id              BINARY(16)        NOT NULL,
  user_id         BIGINT            NOT NULL,
  seq             BIGINT            NULL,
  event_id        VARCHAR(100)      CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  event_type      VARCHAR(32)       CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  url             VARCHAR(2000)     CHARACTER SET ascii COLLATE ascii_bin NULL,
  status          ENUM ('pending', 'delivered', 'failed') NOT NULL,
  attempts        TINYINT UNSIGNED  NOT NULL,
  next_attempt_at DATETIME(3)       NULL,
  last_attempt_at DATETIME(3)       NULL,
  last_status     SMALLINT UNSIGNED NULL,
  last_error      VARCHAR(100)      NULL,
  last_answer     VARCHAR(1000)     NULL,
  last_duration_ms INT UNSIGNED     NULL,
  created_at      DATETIME(3)       NOT NULL,
  PRIMARY KEY (endpoint_id, id),
  KEY idx_webhook_deliveries_next (endpoint_id, next_attempt_at),
  KEY idx_webhook_deliveries_created_at (created_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
