-- What a request says, once a request: the text must outlive the outbox row. price is for one recipient.
CREATE TABLE IF NOT EXISTS sms_requests (
  sms_identifier BINARY(16)        NOT NULL,
  user_id        BIGINT            NOT NULL,
  type           ENUM ('normal', 'express') NOT NULL,
  text           VARCHAR(1600)     NOT NULL,
  price          BIGINT            NOT NULL,
  recipients     SMALLINT UNSIGNED NOT NULL,
  created_at     DATETIME(3)       NOT NULL,
  PRIMARY KEY (sms_identifier),
  KEY idx_sms_requests_user (user_id, sms_identifier)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
