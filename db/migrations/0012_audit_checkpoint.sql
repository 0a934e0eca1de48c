-- Where the relays' continuous audit stands, in one row: a restart goes on from there, and two relays do not do the same
-- work, because the audit belongs to the owner until lease_until.
-- head_until: messages accepted up to then were audited. The cursors are the audit's own words for a position, NULL is a
-- beginning. pass_state holds the sums of a ledger that is half read. pass_ended_at: when a whole pass last ended.
CREATE TABLE audit_checkpoint (
  id            TINYINT      NOT NULL,
  owner         BINARY(8)    NULL,
  lease_until   DATETIME(3)  NULL,
  head_until    DATETIME(3)  NULL,
  head_cursor   VARCHAR(200) CHARACTER SET ascii COLLATE ascii_bin NULL,
  pass_cursor   VARCHAR(200) CHARACTER SET ascii COLLATE ascii_bin NULL,
  pass_state    MEDIUMBLOB   NULL,
  pass_ended_at DATETIME(3)  NULL,
  PRIMARY KEY (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
