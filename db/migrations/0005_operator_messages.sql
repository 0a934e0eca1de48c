-- The operators' own identifiers, for operators whose receipts do not carry our reference. Written at settlement.
CREATE TABLE operator_messages (
  sms_identifier      BINARY(16)        NOT NULL,
  recipient_no        SMALLINT UNSIGNED NOT NULL,
  provider            VARCHAR(50)       CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  provider_message_id VARCHAR(64)       CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  created_at          DATETIME(3)       NOT NULL,
  PRIMARY KEY (sms_identifier, recipient_no, provider),
  KEY idx_operator_messages_id (provider, provider_message_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4
PARTITION BY RANGE COLUMNS (sms_identifier) (PARTITION p_last VALUES LESS THAN (MAXVALUE));
