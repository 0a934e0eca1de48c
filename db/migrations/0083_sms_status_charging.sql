-- Of its tariff at acceptance: later tariffs change nothing. In the row that every settlement locks and reads.
ALTER TABLE sms_status
  ADD COLUMN charging ENUM ('acceptance', 'hand_over', 'delivery') NOT NULL DEFAULT 'acceptance';
