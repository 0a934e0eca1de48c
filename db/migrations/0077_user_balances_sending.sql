-- When the next normal part of a customer with a sending rate or window may leave, in microseconds since the epoch. It lies
-- here because this row is locked and written anyway.
ALTER TABLE user_balances ADD COLUMN sending_tat BIGINT NOT NULL DEFAULT 0;
