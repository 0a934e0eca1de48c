-- What each process says of itself once a second, for people and for what other processes tell them: nothing depends on it.
-- state is JSON. A process that ends removes its row; others remove a row that was not written for a minute. Few rows.
CREATE TABLE process_states (
  id          BINARY(16)   NOT NULL,
  roles       VARCHAR(30)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  version     VARCHAR(50)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  started_at  DATETIME(3)  NOT NULL,
  reported_at DATETIME(3)  NOT NULL,
  state       TEXT         NOT NULL,
  PRIMARY KEY (id),
  KEY idx_process_states_reported_at (reported_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
