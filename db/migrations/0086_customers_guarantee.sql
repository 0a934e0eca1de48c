-- The guarantee of a customer's express messages that do not say it themselves; NULL for EXPRESS_GUARANTEED_WITHIN. hedge:
-- what an operator does not answer in time goes to another one too.
ALTER TABLE customers
  ADD COLUMN guaranteed_within_ms INT UNSIGNED NULL,
  ADD COLUMN hedge BOOLEAN NOT NULL DEFAULT FALSE;
