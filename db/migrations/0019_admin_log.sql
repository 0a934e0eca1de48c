-- Who changed what and when: append-only, written in the transaction of the change. user_id is the customer concerned;
-- details is a JSON object, which never holds a key.
CREATE TABLE admin_log (
  id         BINARY(16)   NOT NULL,
  actor      VARCHAR(100) NOT NULL,
  action     VARCHAR(50)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  user_id    BIGINT       NULL,
  details    TEXT         NOT NULL,
  created_at DATETIME(3)  NOT NULL,
  PRIMARY KEY (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
