-- One row a customer, locked and written once by every transaction that moves the customer's money. user_id is the
-- primary key because the batch lock reads it in order: with a separate id and a unique user_id the lock scans and
-- sorts after locking, and batches deadlock.
-- The CHECK stands behind the code, which decides under the row lock. last_seq is the running number of the customer's
-- last ledger row. fair_tag is the start tag of the customer's next normal outbox row (decision 0016).
CREATE TABLE user_balances (
  user_id      BIGINT      NOT NULL,
  balance      BIGINT      NOT NULL,
  last_seq     BIGINT      NOT NULL,
  fair_tag     BIGINT      NOT NULL DEFAULT 0,
  last_updated DATETIME(3) NOT NULL,
  PRIMARY KEY (user_id),
  CONSTRAINT ck_user_balances_not_negative CHECK (balance >= 0)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
