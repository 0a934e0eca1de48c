-- A customer's events under their numbers, without gaps. Kept for 30 days and deleted in the order of
-- idx_event_log_sequenced_at, which is each customer's order too. What a payload says of a message is read from the message.
CREATE TABLE event_log (
  user_id        BIGINT            NOT NULL,
  seq            BIGINT            NOT NULL,
  sms_identifier BINARY(16)        NOT NULL,
  recipient_no   SMALLINT UNSIGNED NOT NULL,
  version        TINYINT UNSIGNED  NOT NULL,
  type           VARCHAR(32)       CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  makes_events   TINYINT UNSIGNED  NOT NULL,
  threshold      BIGINT            NULL,
  occurred_at    DATETIME(3)       NOT NULL,
  sequenced_at   DATETIME(3)       NOT NULL,
  PRIMARY KEY (user_id, seq),
  KEY idx_event_log_recipient (sms_identifier, recipient_no, version),
  KEY idx_event_log_sequenced_at (sequenced_at, user_id, seq)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
