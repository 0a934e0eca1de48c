-- A test message is accepted under the lock of its customer's balance, which creating a test key makes sure of from here on.
INSERT IGNORE INTO user_balances (user_id, balance, last_seq, last_updated)
  SELECT DISTINCT user_id, 0, 0, NOW(3) FROM api_keys WHERE mode = 'test';
