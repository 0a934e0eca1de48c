-- Where a customer's events go. kind callback: the addresses of single messages, in a few groups a customer, so that a dead
-- one delays few others; its url is in the delivery. position: the number of the last event that was tried; what failed has
-- a delivery that waits. due_at: when it has something to do; while owner is set, the end of its lease. failures: in a row.
-- Deliveries of slow or failing endpoints have places of their own (is_slow).
CREATE TABLE webhook_endpoints (
  id              BINARY(16)    NOT NULL,
  user_id         BIGINT        NOT NULL,
  kind            ENUM ('endpoint', 'callback') NOT NULL,
  url             VARCHAR(2000) CHARACTER SET ascii COLLATE ascii_bin NULL,
  event_types     VARCHAR(500)  CHARACTER SET ascii COLLATE ascii_bin NULL,
  include_text    BOOLEAN       NOT NULL DEFAULT FALSE,
  secret          VARCHAR(100)  CHARACTER SET ascii COLLATE ascii_bin NULL,
  previous_secret VARCHAR(100)  CHARACTER SET ascii COLLATE ascii_bin NULL,
  previous_until  DATETIME(3)   NULL,
  status          ENUM ('active', 'disabled') NOT NULL DEFAULT 'active',
  disabled_reason VARCHAR(32)   CHARACTER SET ascii COLLATE ascii_bin NULL,
  position        BIGINT        NOT NULL DEFAULT 0,
  failures        INT UNSIGNED  NOT NULL DEFAULT 0,
  failing_since   DATETIME(3)   NULL,
  paused_until    DATETIME(3)   NULL,
  is_slow         BOOLEAN       NOT NULL DEFAULT FALSE,
  due_at          DATETIME(3)   NULL,
  owner           BINARY(8)     NULL,
  created_at      DATETIME(3)   NOT NULL,
  updated_at      DATETIME(3)   NOT NULL,
  PRIMARY KEY (id),
  KEY idx_webhook_endpoints_due (is_slow, due_at),
  KEY idx_webhook_endpoints_user (user_id, id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
