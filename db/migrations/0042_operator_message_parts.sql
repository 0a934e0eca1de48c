-- The operators' own identifiers of the parts of messages of several parts, where an operator gives each part one. Written
-- at settlement instead of a row of operator_messages. delivery_status is the part's, written once.
CREATE TABLE operator_message_parts (
  sms_identifier      BINARY(16)        NOT NULL,
  recipient_no        SMALLINT UNSIGNED NOT NULL,
  provider            VARCHAR(50)       CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  part_no             TINYINT UNSIGNED  NOT NULL,
  provider_message_id VARCHAR(64)       CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  match_key           VARCHAR(64)       CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
                      AS (TRIM(LEADING '0' FROM LOWER(provider_message_id))) STORED,
  delivery_status     ENUM ('delivered', 'undelivered') NULL,
  created_at          DATETIME(3)       NOT NULL,
  PRIMARY KEY (sms_identifier, recipient_no, provider, part_no),
  KEY idx_operator_message_parts_match (provider, match_key)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4
PARTITION BY RANGE COLUMNS (sms_identifier) (PARTITION p_last VALUES LESS THAN (MAXVALUE));
