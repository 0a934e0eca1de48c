-- Rules for the price of a recipient (decision 0027). A row is never changed but for valid_until, which ends it, and never
-- removed, because messages name it. user_id NULL: for all customers; type NULL: for both classes. Every API process keeps
-- the rows that have not ended in memory.
CREATE TABLE tariffs (
  id                 INT UNSIGNED NOT NULL AUTO_INCREMENT,
  user_id            BIGINT       NULL,
  type               ENUM ('normal', 'express') NULL,
  destination_prefix VARCHAR(15)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  valid_from         DATETIME(3)  NOT NULL,
  valid_until        DATETIME(3)  NULL,
  per                ENUM ('message', 'part') NOT NULL,
  price              BIGINT       NOT NULL,
  created_at         DATETIME(3)  NOT NULL,
  PRIMARY KEY (id),
  KEY ix_tariffs_user (user_id, id),
  CONSTRAINT ck_tariffs_price CHECK (price >= 0),
  CONSTRAINT ck_tariffs_validity CHECK (valid_until >= valid_from)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
