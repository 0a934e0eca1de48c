-- What a customer with a spend limit was charged: in the day and the month of spend_day, which counts from 1970-01-01 in
-- UTC. They lie here because this row is locked and written anyway.
ALTER TABLE user_balances
  ADD COLUMN spend_day INT NOT NULL DEFAULT 0,
  ADD COLUMN spent_of_day BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN spent_of_month BIGINT NOT NULL DEFAULT 0;
