-- How operators did for numbers that share a health (a prefix of a route, or a calling code), in slots of two seconds by the
-- database's clock. Every consumer adds its counts, and reads the sum of all (decision 0048). Calls count by messages, of
-- normal and of express ones; deliveries count final receipts when they are applied. Rows live for ten minutes, and there
-- are none while no route follows health.
CREATE TABLE operator_health (
  slot               INT UNSIGNED NOT NULL,
  prefix             VARCHAR(15)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  operator           VARCHAR(50)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  accepted           BIGINT       NOT NULL,
  failed             BIGINT       NOT NULL,
  latency_ms         BIGINT       NOT NULL,
  express_accepted   BIGINT       NOT NULL,
  express_failed     BIGINT       NOT NULL,
  express_latency_ms BIGINT       NOT NULL,
  delivered          BIGINT       NOT NULL,
  undelivered        BIGINT       NOT NULL,
  PRIMARY KEY (slot, prefix, operator)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
