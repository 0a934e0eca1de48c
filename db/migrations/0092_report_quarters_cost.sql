-- What operators charge for the recipients that they took, and of how many of these that is known (decision 0049).
ALTER TABLE report_quarters ADD COLUMN cost BIGINT NOT NULL DEFAULT 0, ADD COLUMN costed BIGINT NOT NULL DEFAULT 0;
