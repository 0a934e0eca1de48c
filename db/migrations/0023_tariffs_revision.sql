-- One number, which every change of a tariff raises in its own transaction; no row counts as 0. Each API process polls it
-- and reads the tariffs again when it differs.
CREATE TABLE tariffs_revision (
  id       TINYINT NOT NULL,
  revision BIGINT  NOT NULL,
  PRIMARY KEY (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
