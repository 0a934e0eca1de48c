-- What becomes of a message while it is not known whether an operator took it: it is sent again, or never. NULL: its class
-- and its operators decide. Decided at acceptance; the claim reads it with the text.
ALTER TABLE sms_requests ADD COLUMN on_unknown ENUM ('retry', 'hold') NULL;
