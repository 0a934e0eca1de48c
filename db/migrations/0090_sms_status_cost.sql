-- What the operator that took it charges for it, in the smallest unit: its price for the number times the parts, as the
-- operators' file had it at the hand-over. NULL where that is not known. Customers never see it.
ALTER TABLE sms_status ADD COLUMN cost BIGINT NULL;
