import type { TransactionType } from '../../db/schema.ts'

/** One movement of money. Its key is (transactionId, recipientNo, type): the database refuses a second one. */
export interface Entry {
  transactionId: string
  /** 0 for a top-up or a whole request's charge; a refund carries its recipient's number. */
  recipientNo: number
  type: TransactionType
  /** Signed, in the smallest unit: a customer's amounts sum to the balance. */
  amount: number
  /** At most 255 characters. */
  description: string
}
