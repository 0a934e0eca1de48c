-- The bucket of message parts, as the generic cell rate algorithm keeps it: microseconds since the epoch at which it is
-- full again (decision 0023). It lies here because this row is locked and written anyway.
ALTER TABLE user_balances ADD COLUMN parts_tat BIGINT NOT NULL DEFAULT 0;
