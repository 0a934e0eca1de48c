-- Unfinished work only: the row lives until its last recipient is settled. It names ranges of recipients, up to 100 in
-- all, as JSON text: those of one request (user_id and sms_identifier filled), or of several requests that a claim
-- merged into an envelope (both NULL). Each range carries its request's trace context.
-- A lane is a class and a condition. Ready rows wait for their turn and order_key is a tag (normal) or a deadline
-- (express). Waiting rows are leased, scheduled or backing off and order_key is when that ends. Times are microseconds
-- since the epoch. idx_outbox_order satisfies the claim's ORDER BY exactly.
-- Each lane is a partition, because a scan that finds too little does not stop at the end of its lane: it goes on over
-- dead entries, which stay as long as any old read view, until it meets a live one (decision 0016).
CREATE TABLE outbox_events (
  id             BINARY(16)        NOT NULL,
  lane           TINYINT UNSIGNED  NOT NULL,
  order_key      BIGINT            NOT NULL,
  user_id        BIGINT            NULL,
  sms_identifier BINARY(16)        NULL,
  payload        TEXT              CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  recipients     SMALLINT UNSIGNED NOT NULL,
  last_error     VARCHAR(255)      NULL,
  created_at     DATETIME(3)       NOT NULL,
  PRIMARY KEY (id, lane),
  KEY idx_outbox_order (lane, order_key, id),
  KEY idx_outbox_user (user_id, sms_identifier)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4
PARTITION BY LIST (lane) (
  PARTITION p_express_ready VALUES IN (0),
  PARTITION p_express_waiting VALUES IN (1),
  PARTITION p_normal_ready VALUES IN (2),
  PARTITION p_normal_waiting VALUES IN (3)
);
