-- Sent on purpose while another operator had not answered yet (decision 0047).
ALTER TABLE delivery_attempts ADD COLUMN is_hedge BOOLEAN NOT NULL DEFAULT FALSE;
