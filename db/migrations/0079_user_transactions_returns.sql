-- release: the price of a recipient that was held until its hand-over or delivery, and is not to be paid. compensation: the
-- price of one that missed its deadline.
ALTER TABLE user_transactions
  MODIFY COLUMN transaction_type ENUM ('topup', 'charge', 'refund', 'release', 'compensation') NOT NULL;
