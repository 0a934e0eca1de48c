-- The price of a recipient whose guarantee was missed goes back to its customer.
ALTER TABLE tariffs ADD COLUMN refund_missed BOOLEAN NOT NULL DEFAULT FALSE;
