-- Disabled endpoints are listed for people without a look at the others.
ALTER TABLE webhook_endpoints ADD KEY idx_webhook_endpoints_status (status, id);
