-- Events without a number yet, inserted by the transactions that change the states. The sequencer numbers them in the
-- order of the key and moves them to event_log, so that a recipient's events are in the order of their versions: 1 what
-- became of its sending, 2 of its delivery. An event of the customer itself has recipient 0 and the message that caused it.
CREATE TABLE event_queue (
  user_id        BIGINT            NOT NULL,
  sms_identifier BINARY(16)        NOT NULL,
  recipient_no   SMALLINT UNSIGNED NOT NULL,
  version        TINYINT UNSIGNED  NOT NULL,
  type           VARCHAR(32)       CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  makes_events   TINYINT UNSIGNED  NOT NULL,
  threshold      BIGINT            NULL,
  occurred_at    DATETIME(3)       NOT NULL,
  PRIMARY KEY (user_id, sms_identifier, recipient_no, version),
  KEY idx_event_queue_occurred_at (occurred_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
