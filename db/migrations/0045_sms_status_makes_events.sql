-- Whether changes of the recipient make events, as bits: 1 they are in the log, 2 they also go to the message's
-- callback_url. Decided at acceptance; in the row that every change locks and reads.
ALTER TABLE sms_status ADD COLUMN makes_events TINYINT UNSIGNED NOT NULL DEFAULT 0;
