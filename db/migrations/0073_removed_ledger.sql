-- What the removed rows of a customer's ledger came to, for each removed week: their number, the sum of their amounts by
-- type, and the sums of the states that they lead from and to, in which a chain cancels out (decision 0013).
CREATE TABLE removed_ledger (
  user_id BIGINT       NOT NULL,
  below   BINARY(16)   NOT NULL,
  entries BIGINT       NOT NULL,
  topups  BIGINT       NOT NULL,
  charges BIGINT       NOT NULL,
  refunds BIGINT       NOT NULL,
  chain_a INT UNSIGNED NOT NULL,
  chain_b INT UNSIGNED NOT NULL,
  PRIMARY KEY (user_id, below),
  KEY idx_removed_ledger_below (below, user_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
