-- Receipts of deliveries as operators sent them, stored before they are interpreted and kept here until they match a
-- message. raw is one request or one PDU, which may carry several receipts. A waiting one is tried when it is due; an
-- orphan matched nothing for a day, is listed, and is removed when it is due.
CREATE TABLE waiting_receipts (
  id          BINARY(16)   NOT NULL,
  state       ENUM ('waiting', 'orphan') NOT NULL,
  due_at      DATETIME(3)  NOT NULL,
  operator    VARCHAR(50)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  protocol    VARCHAR(30)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  raw         MEDIUMBLOB   NOT NULL,
  reason      VARCHAR(255) NULL,
  received_at DATETIME(3)  NOT NULL,
  PRIMARY KEY (id),
  KEY idx_waiting_receipts_due (state, due_at, id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
