-- The reference that the parts of an open message share over SMPP, so that no other open message to its number gets it.
-- A row from the first submission until an operator has the whole message; what is left over is removed by age.
-- recipient is the number's digits.
CREATE TABLE part_references (
  sms_identifier BINARY(16)        NOT NULL,
  recipient_no   SMALLINT UNSIGNED NOT NULL,
  recipient      VARCHAR(16)       CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  reference      SMALLINT UNSIGNED NOT NULL,
  created_at     DATETIME(3)       NOT NULL,
  PRIMARY KEY (sms_identifier, recipient_no),
  KEY idx_part_references_recipient (recipient),
  KEY idx_part_references_created (created_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
