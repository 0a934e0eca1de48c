-- Receipts may name an identifier in other letters, without its leading zeros, in hexadecimal or in decimal. The key that
-- all notations of it share takes the place of the identifier in the index.
ALTER TABLE operator_messages
  ADD COLUMN match_key VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
    AS (TRIM(LEADING '0' FROM LOWER(provider_message_id))) STORED,
  ADD KEY idx_operator_messages_match (provider, match_key),
  DROP KEY idx_operator_messages_id;
