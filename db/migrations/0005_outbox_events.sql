-- Unfinished work only: the row lives until its last recipient is settled. It names ranges of recipients, up to 100
-- in all, as JSON text: those of one request (user_id and sms_identifier filled), or of several requests that a claim merged into
-- an envelope (both NULL). Each range carries its request's trace context, which a merge must not lose. next_run_at is when it is due: a lease moves it into the future.
-- idx_outbox_due satisfies the claim's ORDER BY exactly; idx_outbox_user finds a customer's open messages.
CREATE TABLE IF NOT EXISTS outbox_events (
  id             BINARY(16)        NOT NULL,
  event_type     VARCHAR(50)       CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  priority       TINYINT UNSIGNED  NOT NULL,
  next_run_at    DATETIME(6)       NOT NULL,
  user_id        BIGINT            NULL,
  sms_identifier BINARY(16)        NULL,
  payload        TEXT              CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  recipients     SMALLINT UNSIGNED NOT NULL,
  attempts       INT UNSIGNED      NOT NULL DEFAULT 0,
  last_error     VARCHAR(255)      NULL,
  created_at     DATETIME(3)       NOT NULL,
  PRIMARY KEY (id),
  KEY idx_outbox_due (priority, next_run_at, id),
  KEY idx_outbox_user (user_id, sms_identifier)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
