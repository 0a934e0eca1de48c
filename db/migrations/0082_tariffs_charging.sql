-- When the price is finally the engine's (decision 0045), and for delivery how long a receipt may take. Until then it is held.
ALTER TABLE tariffs
  ADD COLUMN charging ENUM ('acceptance', 'hand_over', 'delivery') NOT NULL DEFAULT 'acceptance',
  ADD COLUMN receipt_wait_seconds INT UNSIGNED NULL;
