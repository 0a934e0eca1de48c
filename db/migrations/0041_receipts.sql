-- Receipts that matched a recipient, kept beside it and removed with its week. The first final one of a recipient (or of
-- a part of it) is applied: it alone set the delivery status. code is the operator's own, cause its common name.
CREATE TABLE receipts (
  sms_identifier BINARY(16)        NOT NULL,
  recipient_no   SMALLINT UNSIGNED NOT NULL,
  id             BINARY(16)        NOT NULL,
  operator       VARCHAR(50)       CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  state          ENUM ('applied', 'repeated', 'contradicting', 'intermediate', 'refunded', 'other_operator') NOT NULL,
  verdict        ENUM ('delivered', 'undelivered') NULL,
  part_no        TINYINT UNSIGNED  NULL,
  code           VARCHAR(50)       NULL,
  cause          VARCHAR(30)       CHARACTER SET ascii COLLATE ascii_bin NULL,
  raw            BLOB              NOT NULL,
  done_at        DATETIME(3)       NULL,
  received_at    DATETIME(3)       NOT NULL,
  PRIMARY KEY (sms_identifier, recipient_no, id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4
PARTITION BY RANGE COLUMNS (sms_identifier) (PARTITION p_last VALUES LESS THAN (MAXVALUE));
