-- The ledger: append-only. The key begins with the identifier that the money belongs to (a message's, or a top-up's
-- own), names the recipient (0 stands for the whole request) and the kind of entry. So a second charge of a request or
-- a second refund of a recipient cannot be written, and the table is partitioned by identifier.
-- (user_id, seq) is not unique for that reason; the audit walks the chain instead.
CREATE TABLE user_transactions (
  transaction_id   BINARY(16)        NOT NULL,
  recipient_no     SMALLINT UNSIGNED NOT NULL,
  transaction_type ENUM ('topup', 'charge', 'refund') NOT NULL,
  user_id          BIGINT            NOT NULL,
  seq              BIGINT            NOT NULL,
  amount           BIGINT            NOT NULL,
  balance_after    BIGINT            NOT NULL,
  description      VARCHAR(255)      NOT NULL,
  created_at       DATETIME(3)       NOT NULL,
  PRIMARY KEY (transaction_id, recipient_no, transaction_type),
  KEY idx_user_transactions_user_seq (user_id, seq)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4
PARTITION BY RANGE COLUMNS (transaction_id) (PARTITION p_last VALUES LESS THAN (MAXVALUE));
