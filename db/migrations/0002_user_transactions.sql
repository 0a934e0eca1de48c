-- The ledger: append-only. The key begins with the identifier that the money belongs to (a message's, or a top-up's
-- own) and names the recipient: 0 stands for the whole request, a refund carries its recipient's number. So a second
-- charge of a request or a second refund of a recipient cannot be written, and the table can be partitioned by
-- identifier range. (user_id, seq) is not unique for that reason; the audit walks the chain instead.
CREATE TABLE IF NOT EXISTS user_transactions (
  transaction_id   BINARY(16)        NOT NULL,
  recipient_no     SMALLINT UNSIGNED NOT NULL,
  user_id          BIGINT            NOT NULL,
  seq              BIGINT            NOT NULL,
  amount           BIGINT            NOT NULL,
  balance_after    BIGINT            NOT NULL,
  transaction_type ENUM ('topup', 'charge', 'refund') NOT NULL,
  description      VARCHAR(255)      NOT NULL,
  created_at       DATETIME(3)       NOT NULL,
  PRIMARY KEY (transaction_id, recipient_no),
  KEY idx_user_transactions_user_seq (user_id, seq)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
