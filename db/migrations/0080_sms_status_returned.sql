-- What the customer got back for a recipient that keeps its state. Failed and cancelled ones got back their whole price
-- besides: what was returned before is a part of it. No CHECK holds it below the price, because to add one copies the table.
ALTER TABLE sms_status ADD COLUMN returned BIGINT NOT NULL DEFAULT 0;
