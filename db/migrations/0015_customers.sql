-- Customers that have keys. user_id is seed 003's number, under which balances and messages are kept; public_id is what
-- the API shows. A customer that only /balance/add created has no row here, and so no limits.
-- parts_per_minute, parts_burst and requests_per_second replace the tier's values where they are not NULL.
CREATE TABLE customers (
  user_id             BIGINT       NOT NULL,
  public_id           BINARY(16)   NOT NULL,
  name                VARCHAR(100) NOT NULL,
  tier                ENUM ('free', 'basic', 'premium') NOT NULL,
  parts_per_minute    INT UNSIGNED NULL,
  parts_burst         INT UNSIGNED NULL,
  requests_per_second INT UNSIGNED NULL,
  created_at          DATETIME(3)  NOT NULL,
  updated_at          DATETIME(3)  NOT NULL,
  PRIMARY KEY (user_id),
  UNIQUE KEY uq_customers_public_id (public_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
