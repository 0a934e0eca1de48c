-- Where the events of one message go besides the customer's endpoints, if the message says so: other messages have no row.
CREATE TABLE message_callbacks (
  sms_identifier BINARY(16)    NOT NULL,
  url            VARCHAR(2000) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (sms_identifier)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4
PARTITION BY RANGE COLUMNS (sms_identifier) (PARTITION p_last VALUES LESS THAN (MAXVALUE));
