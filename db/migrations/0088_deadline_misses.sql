-- Recipients whose guarantee was missed: handed over after it (late), or failed after it (unsent). Inserted by the
-- transaction that ends the recipient; a message in time costs no statement. due_at is when a compensation is due, NULL
-- when none is: the tariff has none, the price was refunded already, or it was given back (compensated_at, compensation).
CREATE TABLE deadline_misses (
  sms_identifier BINARY(16)        NOT NULL,
  recipient_no   SMALLINT UNSIGNED NOT NULL,
  user_id        BIGINT            NOT NULL,
  cause          ENUM ('late', 'unsent') NOT NULL,
  guaranteed_by  DATETIME(3)       NOT NULL,
  ended_at       DATETIME(3)       NOT NULL,
  due_at         DATETIME(3)       NULL,
  compensated_at DATETIME(3)       NULL,
  compensation   BIGINT            NOT NULL DEFAULT 0,
  PRIMARY KEY (sms_identifier, recipient_no),
  KEY idx_deadline_misses_user (user_id, guaranteed_by, sms_identifier, recipient_no),
  KEY idx_deadline_misses_time (guaranteed_by, sms_identifier, recipient_no),
  KEY idx_deadline_misses_due (due_at, sms_identifier, recipient_no)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4
PARTITION BY RANGE COLUMNS (sms_identifier) (PARTITION p_last VALUES LESS THAN (MAXVALUE));
