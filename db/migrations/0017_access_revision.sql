-- One number, which every change of a customer or a key raises in its own transaction. Each process polls it: as long as
-- it stays the same, the keys that the process has seen are still as it saw them.
CREATE TABLE access_revision (
  id       TINYINT NOT NULL,
  revision BIGINT  NOT NULL,
  PRIMARY KEY (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
