-- Changes of recipients that are counted already, until the fold counts them again: inserted by the transaction that
-- changes the recipient, which so writes no row that others write. A recipient makes each of them once.
CREATE TABLE report_changes (
  sms_identifier BINARY(16)        NOT NULL,
  recipient_no   SMALLINT UNSIGNED NOT NULL,
  was            ENUM ('open', 'sent') NOT NULL,
  became         ENUM ('sent', 'delivered', 'undelivered', 'failed', 'cancelled') NOT NULL,
  PRIMARY KEY (sms_identifier, recipient_no, was)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
