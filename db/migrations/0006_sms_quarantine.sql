-- Recipients that are neither sent nor refunded until a person or a receipt decides: their attempts were used up by
-- claims without a stored result, or the database refused to store one. Few rows; no outbox row names them.
CREATE TABLE sms_quarantine (
  sms_identifier BINARY(16)        NOT NULL,
  recipient_no   SMALLINT UNSIGNED NOT NULL,
  user_id        BIGINT            NOT NULL,
  reason         VARCHAR(255)      NOT NULL,
  created_at     DATETIME(3)       NOT NULL,
  PRIMARY KEY (sms_identifier, recipient_no),
  KEY idx_sms_quarantine_user (user_id, sms_identifier)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
