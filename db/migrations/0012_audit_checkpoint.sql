-- Where the relays' continuous audit stands, in one row, so that a restart goes on from there and two relays do not do
-- the same work: whoever writes owner and lease_until has it until then. walk and after_key are the audit's own words
-- for a place; NULL is the beginning of a pass. pass_ended_at is when any relay last finished one.
CREATE TABLE audit_checkpoint (
  id            TINYINT      NOT NULL,
  walk          VARCHAR(20)  CHARACTER SET ascii COLLATE ascii_bin NULL,
  after_key     VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NULL,
  owner         BINARY(8)    NULL,
  lease_until   DATETIME(3)  NULL,
  pass_ended_at DATETIME(3)  NULL,
  PRIMARY KEY (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
