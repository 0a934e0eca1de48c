-- One row a recipient, numbered from 1 within its request, so that an outbox row can name up to 100 of them by a range.
-- There is no index but the key: status is written three times a message, and history finds a customer's requests
-- through sms_requests and his open recipients through the outbox.
-- owner and lease_until belong to the try in flight. retrying_since is when a first try ended without a verdict.
-- possibly_sent: an operator may have taken it without saying so. possible_duplicate: tried again after that.
CREATE TABLE IF NOT EXISTS sms_status (
  sms_identifier      BINARY(16)        NOT NULL,
  recipient_no        SMALLINT UNSIGNED NOT NULL,
  user_id             BIGINT            NOT NULL,
  recipient           VARCHAR(16)       CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  status              ENUM ('pending', 'sending', 'done', 'failed') NOT NULL,
  provider            VARCHAR(50)       CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  provider_message_id VARCHAR(64)       NULL,
  owner               BINARY(8)         NULL,
  lease_until         DATETIME(3)       NULL,
  retrying_since      DATETIME(3)       NULL,
  possibly_sent       BOOLEAN           NOT NULL DEFAULT FALSE,
  possible_duplicate  BOOLEAN           NOT NULL DEFAULT FALSE,
  created_at          DATETIME(3)       NOT NULL,
  updated_at          DATETIME(3)       NOT NULL,
  PRIMARY KEY (sms_identifier, recipient_no)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
