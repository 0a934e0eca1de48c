-- What people ask of relays on the operations page, because the role api never connects to the broker. input and result are
-- JSON. A running one whose lease has ended is carried out again: every kind may run twice. Kept for a week.
CREATE TABLE admin_actions (
  id          BINARY(16)   NOT NULL,
  kind        VARCHAR(40)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  input       MEDIUMTEXT   NOT NULL,
  actor       VARCHAR(100) NOT NULL,
  reason      VARCHAR(200) NOT NULL,
  state       ENUM ('requested', 'running', 'done', 'failed') NOT NULL,
  lease_until DATETIME(3)  NULL,
  result      MEDIUMTEXT   NULL,
  created_at  DATETIME(3)  NOT NULL,
  ended_at    DATETIME(3)  NULL,
  PRIMARY KEY (id),
  KEY idx_admin_actions_state (state, id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
