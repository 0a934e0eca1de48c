-- The most that a customer may be charged in a day and in a month of UTC, in the smallest unit; NULL for no limit.
ALTER TABLE customers
  ADD COLUMN spend_per_day BIGINT NULL,
  ADD COLUMN spend_per_month BIGINT NULL;
