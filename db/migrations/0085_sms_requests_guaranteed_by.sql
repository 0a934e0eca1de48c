-- By when an express message is guaranteed to be handed over to an operator (decision 0046); NULL for none. Decided at
-- acceptance, so that a later setting changes no promise. hedge: its customer opted in to hedging (decision 0047).
ALTER TABLE sms_requests
  ADD COLUMN guaranteed_by DATETIME(3) NULL,
  ADD COLUMN hedge BOOLEAN NOT NULL DEFAULT FALSE;
