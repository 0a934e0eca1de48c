-- One row a recipient, numbered from 1 within its request, so that an outbox row can name up to 100 of them by a range.
-- There is no index but the key: status is written three times a message. History finds a customer's requests through
-- sms_requests and open recipients through the outbox.
-- owner and lease_until belong to the attempt in flight; sending without an owner is quarantined (sms_quarantine).
-- attempts counts claims; unconfirmed counts submissions whose result is unknown or was never stored.
-- retrying_since is when a first attempt ended without a result. possibly_sent: an operator may have taken it without
-- saying so. possible_duplicate: submitted again after that.
CREATE TABLE sms_status (
  sms_identifier     BINARY(16)        NOT NULL,
  recipient_no       SMALLINT UNSIGNED NOT NULL,
  user_id            BIGINT            NOT NULL,
  recipient          VARCHAR(16)       CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  status             ENUM ('pending', 'sending', 'done', 'failed', 'cancelled') NOT NULL,
  delivery_status    ENUM ('delivered', 'undelivered') NULL,
  price              BIGINT            NOT NULL,
  parts              TINYINT UNSIGNED  NOT NULL DEFAULT 1,
  attempts           SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  unconfirmed        TINYINT UNSIGNED  NOT NULL DEFAULT 0,
  provider           VARCHAR(50)       CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  owner              BINARY(8)         NULL,
  lease_until        DATETIME(3)       NULL,
  retrying_since     DATETIME(3)       NULL,
  possibly_sent      BOOLEAN           NOT NULL DEFAULT FALSE,
  possible_duplicate BOOLEAN           NOT NULL DEFAULT FALSE,
  failure_reason     VARCHAR(255)      NULL,
  handed_over_at     DATETIME(3)       NULL,
  created_at         DATETIME(3)       NOT NULL,
  updated_at         DATETIME(3)       NOT NULL,
  PRIMARY KEY (sms_identifier, recipient_no)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4
PARTITION BY RANGE COLUMNS (sms_identifier) (PARTITION p_last VALUES LESS THAN (MAXVALUE));
