-- The senders that a customer may name, separated by commas, which no sender contains; NULL where any is allowed.
ALTER TABLE customers ADD COLUMN allowed_senders VARCHAR(1000) CHARACTER SET ascii COLLATE ascii_bin NULL;
