-- Up to which ledger row the chain of each customer was audited, and the balance after that row.
CREATE TABLE audit_accounts (
  user_id BIGINT NOT NULL,
  seq     BIGINT NOT NULL,
  balance BIGINT NOT NULL,
  PRIMARY KEY (user_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
