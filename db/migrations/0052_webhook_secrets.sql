-- What signs events that go to the callback_url of a customer's messages.
CREATE TABLE webhook_secrets (
  user_id         BIGINT       NOT NULL,
  secret          VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  previous_secret VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NULL,
  previous_until  DATETIME(3)  NULL,
  PRIMARY KEY (user_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
