-- The submissions of a message to operators, except for a first one that succeeded: most messages have no row here.
-- attempt is the round, as sms_status.attempts counts it; call_no counts the submissions within it. Written by the
-- settlement of the round. route_reason says why this operator may get it.
CREATE TABLE delivery_attempts (
  sms_identifier BINARY(16)        NOT NULL,
  recipient_no   SMALLINT UNSIGNED NOT NULL,
  attempt        SMALLINT UNSIGNED NOT NULL,
  call_no        TINYINT UNSIGNED  NOT NULL,
  provider       VARCHAR(50)       CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  result         ENUM ('accepted', 'rejected', 'unavailable', 'refused', 'unknown') NOT NULL,
  reason         VARCHAR(255)      NOT NULL,
  route_reason   VARCHAR(255)      NOT NULL DEFAULT '',
  started_at     DATETIME(3)       NOT NULL,
  duration_ms    INT UNSIGNED      NOT NULL,
  PRIMARY KEY (sms_identifier, recipient_no, attempt, call_no)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4
PARTITION BY RANGE COLUMNS (sms_identifier) (PARTITION p_last VALUES LESS THAN (MAXVALUE));
