-- What a request says, once a request: the text must outlive the outbox row. A NULL sender is the operator's default;
-- send_at and expires_at are NULL when the request set none.
CREATE TABLE sms_requests (
  sms_identifier BINARY(16)        NOT NULL,
  user_id        BIGINT            NOT NULL,
  type           ENUM ('normal', 'express') NOT NULL,
  text           VARCHAR(1600)     NOT NULL,
  sender         VARCHAR(16)       CHARACTER SET ascii COLLATE ascii_bin NULL,
  recipients     SMALLINT UNSIGNED NOT NULL,
  send_at        DATETIME(3)       NULL,
  expires_at     DATETIME(3)       NULL,
  created_at     DATETIME(3)       NOT NULL,
  PRIMARY KEY (sms_identifier),
  KEY idx_sms_requests_user (user_id, sms_identifier)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4
PARTITION BY RANGE COLUMNS (sms_identifier) (PARTITION p_last VALUES LESS THAN (MAXVALUE));
