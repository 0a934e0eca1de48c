-- The customer's own words on a message, where it gave some: other messages have no row. tags is a JSON array of up to 5
-- words. A list by tag reads a bounded number of the customer's rows, newest first, which is the key's order.
CREATE TABLE message_tags (
  user_id        BIGINT        NOT NULL,
  sms_identifier BINARY(16)    NOT NULL,
  tags           VARCHAR(1000) NOT NULL,
  PRIMARY KEY (user_id, sms_identifier)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4
PARTITION BY RANGE COLUMNS (sms_identifier) (PARTITION p_last VALUES LESS THAN (MAXVALUE));
