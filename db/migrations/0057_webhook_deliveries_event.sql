-- What became of an event, at all endpoints of its customer: for the timeline of a message.
ALTER TABLE webhook_deliveries ADD KEY idx_webhook_deliveries_event (user_id, seq);
