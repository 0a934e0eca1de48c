-- Where a customer's events go, as bits: 1 the feed, 2 an endpoint, 4 a secret that signs to the callback_url of a message.
-- In the balance's row, because acceptance decides under its lock whether a message makes events.
-- low_balance: a charge that takes the balance below it makes an event; NULL for none.
ALTER TABLE user_balances
  ADD COLUMN event_sinks TINYINT UNSIGNED NOT NULL DEFAULT 0,
  ADD COLUMN low_balance BIGINT NULL;
