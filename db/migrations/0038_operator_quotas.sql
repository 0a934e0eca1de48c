-- Until when the throughput of an operator is given to consumers, in microseconds since the epoch by the database's clock: a
-- consumer leases the next slice of it by moving it on. A row for each operator with a bound, and none for a message.
CREATE TABLE operator_quotas (
  name            VARCHAR(50) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  leased_until_us BIGINT      NOT NULL,
  PRIMARY KEY (name)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
