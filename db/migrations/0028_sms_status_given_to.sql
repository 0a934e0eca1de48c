-- The number as the customer wrote it, where that differs from recipient. A column, because customers who write their
-- numbers without the calling code do so in every message; NULL takes one bit.
ALTER TABLE sms_status ADD COLUMN given_to VARCHAR(64) NULL;
