import type { IncomingMessage } from 'node:http'
import type { WaitingState } from '../../../db/schema.ts'
import type {
  Authenticate,
  AuthenticateCallback,
  ReceiptEvents,
  ReceiptPage,
  StoreReceipts,
} from '../index.ts'

/** What the routes of this slice need. */
export interface ReceiptActions {
  authenticateOperator: Authenticate
  authenticateCallback: AuthenticateCallback
  /** The client's address, behind trusted proxies too. */
  sourceOf: (request: IncomingMessage) => string
  storeReceipts: StoreReceipts
  receiptEvents: Pick<ReceiptEvents, 'refused'>
  listReceipts: (query: {
    state: WaitingState
    limit: number
    before?: string | undefined
  }) => Promise<ReceiptPage>
}
