/** A request or a PDU with receipts, as an operator sent it. */
export interface RawReceipt {
  operator: string
  /** What reads it. */
  protocol: string
  raw: Uint8Array
}

/** The same as it is stored. */
export interface StoredReceipt extends RawReceipt {
  id: string
  raw: Buffer
  receivedAt: Date
  /** Since it was received, by the database's clock. */
  ageMs: number
}
