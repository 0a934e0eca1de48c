-- The customer's own name for a message, where it gave one: other messages have no row. Bytes of UTF-8, because the
-- collations for text that both servers have take 'a' and 'a ' for equal.
CREATE TABLE message_references (
  sms_identifier   BINARY(16)     NOT NULL,
  user_id          BIGINT         NOT NULL,
  client_reference VARBINARY(256) NOT NULL,
  PRIMARY KEY (sms_identifier),
  KEY idx_message_references_reference (user_id, client_reference, sms_identifier)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4
PARTITION BY RANGE COLUMNS (sms_identifier) (PARTITION p_last VALUES LESS THAN (MAXVALUE));
