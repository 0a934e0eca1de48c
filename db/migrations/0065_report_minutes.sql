-- What was sent, added up by customer (0 is the sum of all) and minute: messages are recipients, counted in the minute of
-- their identifier. operator is empty while none took them, country is ZZ where the number does not say it. Latencies
-- count from when a message was due: their sums in milliseconds, and sketches (src/reports/sketch.ts) for percentiles.
-- Only the fold and its command write it (decision 0039).
CREATE TABLE report_minutes (
  user_id         BIGINT      NOT NULL,
  started_at      DATETIME    NOT NULL,
  type            ENUM ('normal', 'express') NOT NULL,
  operator        VARCHAR(50) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  country         CHAR(2)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  result          ENUM ('open', 'sent', 'delivered', 'undelivered', 'failed', 'cancelled') NOT NULL,
  messages        BIGINT      NOT NULL,
  parts           BIGINT      NOT NULL,
  charged         BIGINT      NOT NULL,
  refunded        BIGINT      NOT NULL,
  handovers       BIGINT      NOT NULL,
  handover_ms     BIGINT      NOT NULL,
  deliveries      BIGINT      NOT NULL,
  delivery_ms     BIGINT      NOT NULL,
  handover_sketch BLOB        NULL,
  delivery_sketch BLOB        NULL,
  PRIMARY KEY (user_id, started_at, type, operator, country, result),
  KEY idx_report_minutes_started_at (started_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
