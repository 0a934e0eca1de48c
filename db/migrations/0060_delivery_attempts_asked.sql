-- asked: the operator was asked whether it has the message, and did not know, or not yet.
ALTER TABLE delivery_attempts
  MODIFY COLUMN result ENUM ('accepted', 'rejected', 'unavailable', 'refused', 'unknown', 'asked') NOT NULL;
