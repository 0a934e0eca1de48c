-- The number of a customer's latest event. Its lock makes one sequencer at a time number the customer's events. The row is
-- inserted by the transaction that gives the customer's events a place to go.
CREATE TABLE event_sequences (
  user_id  BIGINT NOT NULL,
  last_seq BIGINT NOT NULL,
  PRIMARY KEY (user_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
