-- How a customer's messages leave (decision 0041). normal_weight: its share of a backlog of normal messages, to others'.
-- sending_parts_per_second: normal parts leave at this rate at most; NULL for no such bound. The window is a time of day in
-- a time zone, in minutes since midnight from and without; NULL for none. window_express: express keeps to it too.
ALTER TABLE customers
  ADD COLUMN normal_weight TINYINT UNSIGNED NOT NULL DEFAULT 1,
  ADD COLUMN sending_parts_per_second SMALLINT UNSIGNED NULL,
  ADD COLUMN window_from SMALLINT UNSIGNED NULL,
  ADD COLUMN window_to SMALLINT UNSIGNED NULL,
  ADD COLUMN window_zone VARCHAR(50) CHARACTER SET ascii COLLATE ascii_bin NULL,
  ADD COLUMN window_express BOOLEAN NOT NULL DEFAULT FALSE;
