-- Prices that are held (decision 0045): charged at acceptance, and neither captured nor given back. A recipient's row is there
-- as long as that is so; it changes in the transactions that change the recipient, under the recipient's lock.
-- release_at is when its price goes back: after its hand-over, if no receipt has come. NULL until then.
CREATE TABLE holds (
  sms_identifier       BINARY(16)        NOT NULL,
  recipient_no         SMALLINT UNSIGNED NOT NULL,
  user_id              BIGINT            NOT NULL,
  price                BIGINT            NOT NULL,
  receipt_wait_seconds INT UNSIGNED      NULL,
  release_at           DATETIME(3)       NULL,
  PRIMARY KEY (sms_identifier, recipient_no),
  KEY idx_holds_user (user_id, price),
  KEY idx_holds_release (release_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
