-- When the last of a message's outbox rows is due, where its customer's sending rate or window delays one; else NULL. Its
-- validity counts from then.
ALTER TABLE sms_requests ADD COLUMN delayed_until DATETIME(3) NULL;
