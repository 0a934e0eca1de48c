-- Messages whose operator sends no receipts and is asked what became of them (decision 0050): one row a recipient, from its
-- hand-over until a final answer or ends_at. next_at is when a consumer may ask; asking moves it on first, so that a consumer
-- that dies leaves a row that is due again.
CREATE TABLE receipt_polls (
  sms_identifier BINARY(16)        NOT NULL,
  recipient_no   SMALLINT UNSIGNED NOT NULL,
  operator       VARCHAR(50)       CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  recipient      VARCHAR(16)       CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  every_ms       INT UNSIGNED      NOT NULL,
  asked          SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  next_at        DATETIME(3)       NOT NULL,
  ends_at        DATETIME(3)       NOT NULL,
  PRIMARY KEY (sms_identifier, recipient_no),
  KEY idx_receipt_polls_next_at (next_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
