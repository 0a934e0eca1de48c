-- The accepted messages of a bulk by their place in its request, counted from 0. Only bulks write here, so that another
-- message costs nothing. The primary key stands behind the code: a place of a bulk is charged once.
CREATE TABLE bulk_messages (
  bulk_id        BINARY(16)        NOT NULL,
  message_index  SMALLINT UNSIGNED NOT NULL,
  sms_identifier BINARY(16)        NOT NULL,
  PRIMARY KEY (bulk_id, message_index)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4
PARTITION BY RANGE COLUMNS (bulk_id) (PARTITION p_last VALUES LESS THAN (MAXVALUE));
