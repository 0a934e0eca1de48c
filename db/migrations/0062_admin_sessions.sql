-- Sessions of the operations page. id is the HMAC of the cookie's value under the admin key: the table alone gives no
-- access, and another admin key ends every session. Few rows: the oldest ends when there are too many.
CREATE TABLE admin_sessions (
  id         BINARY(32)   NOT NULL,
  actor      VARCHAR(100) NOT NULL,
  created_at DATETIME(3)  NOT NULL,
  expires_at DATETIME(3)  NOT NULL,
  PRIMARY KEY (id),
  KEY idx_admin_sessions_created_at (created_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
