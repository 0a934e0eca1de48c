-- Every operator that some consumer is configured with, and what a person made of it: paused, drained, weighted. Consumers
-- write the configuration when they start and when they read their file again; the control is never theirs. Nothing secret.
CREATE TABLE operators (
  name          VARCHAR(50)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  place         SMALLINT UNSIGNED NOT NULL,
  protocol      VARCHAR(30)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  classes       VARCHAR(30)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  throughput    INT UNSIGNED NULL,
  configured_at DATETIME(3)  NOT NULL,
  state         ENUM ('active', 'paused', 'drained') NOT NULL DEFAULT 'active',
  weight        SMALLINT UNSIGNED NOT NULL DEFAULT 100,
  reason        VARCHAR(200) NULL,
  changed_by    VARCHAR(100) NULL,
  changed_at    DATETIME(3)  NULL,
  PRIMARY KEY (name)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
