-- paid: counted as one of which nothing was returned, before its price was.
ALTER TABLE report_changes
  MODIFY COLUMN was ENUM ('open', 'sent', 'paid') NOT NULL,
  MODIFY COLUMN became ENUM ('sent', 'delivered', 'undelivered', 'failed', 'cancelled', 'returned') NOT NULL;
