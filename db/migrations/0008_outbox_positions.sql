-- The tag that a claim of each ready lane took last: the virtual time of fair queueing. It only grows.
CREATE TABLE outbox_positions (
  lane      TINYINT UNSIGNED NOT NULL,
  order_key BIGINT           NOT NULL,
  PRIMARY KEY (lane)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
