-- A test key sent it: it costs nothing, and only the test operator gets it.
ALTER TABLE sms_requests ADD COLUMN is_test BOOLEAN NOT NULL DEFAULT FALSE;
