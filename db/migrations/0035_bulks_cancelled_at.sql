-- When its customer cancelled it before all its messages were decided: the parts that are decided later are refused.
ALTER TABLE bulks ADD COLUMN cancelled_at DATETIME(3) NULL;
