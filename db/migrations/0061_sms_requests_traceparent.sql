-- The W3C Trace Context of a request whose trace is sampled: receipts and webhooks come when its outbox row is gone.
ALTER TABLE sms_requests ADD COLUMN traceparent VARCHAR(55) CHARACTER SET ascii COLLATE ascii_bin NULL;
