-- The same for messages of the customer that do not say it.
ALTER TABLE customers ADD COLUMN on_unknown ENUM ('retry', 'hold') NULL;
