-- The tariff that the price came from; 0 for the environment's prices, and for rows from before there were tariffs. It
-- only explains a price, so it needs no index. Both engines add it without touching a row.
ALTER TABLE sms_status ADD COLUMN tariff_id INT UNSIGNED NOT NULL DEFAULT 0;
