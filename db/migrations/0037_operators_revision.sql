-- One number, which every change of an operator's control raises in its own transaction; no row counts as 0. Each consumer
-- polls it and reads the controls again when it differs.
CREATE TABLE operators_revision (
  id       TINYINT NOT NULL,
  revision BIGINT  NOT NULL,
  PRIMARY KEY (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
