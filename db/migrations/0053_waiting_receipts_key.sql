-- A receipt that matched nothing waits under the reference or the identifier that it carries, so that a later one for the
-- same message finds it and is not applied before it. NULL until the first try, for what names nothing, and for orphans.
ALTER TABLE waiting_receipts
  ADD COLUMN wait_key VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  ADD KEY idx_waiting_receipts_key (operator, wait_key);
