-- One row: the relay that removes old rows, until when it alone may, and up to which message texts and numbers were removed:
-- texts_until of messages that were finished by then, texts_left_until of all.
CREATE TABLE retention_position (
  id               TINYINT UNSIGNED NOT NULL,
  owner            BINARY(8)        NULL,
  lease_until      DATETIME(3)      NULL,
  texts_until      BINARY(16)       NULL,
  texts_left_until BINARY(16)       NULL,
  PRIMARY KEY (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
