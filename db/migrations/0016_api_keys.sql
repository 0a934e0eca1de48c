-- Keys of customers. The key itself is not here: key_hash is its SHA-256, which is enough for 256 random bits, and hint
-- is what a person recognises it by. scopes and allowed_sources are words separated by commas; allowed_sources is NULL
-- where any address may use the key. A revoked key keeps its row, so that its hash is never given out again.
CREATE TABLE api_keys (
  id              BINARY(16)    NOT NULL,
  key_hash        BINARY(32)    NOT NULL,
  user_id         BIGINT        NOT NULL,
  name            VARCHAR(100)  NOT NULL,
  hint            VARCHAR(32)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  mode            ENUM ('live', 'test') NOT NULL,
  scopes          VARCHAR(100)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  allowed_sources VARCHAR(1000) CHARACTER SET ascii COLLATE ascii_bin NULL,
  expires_at      DATETIME(3)   NULL,
  revoked_at      DATETIME(3)   NULL,
  last_used_at    DATETIME(3)   NULL,
  created_at      DATETIME(3)   NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY uq_api_keys_hash (key_hash),
  KEY idx_api_keys_user (user_id, id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
