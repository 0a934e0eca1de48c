import type {
  ApiKey,
  CreateDecision,
  CreateKeyDecision,
  Customer,
  CustomerValues,
  KeyOwner,
  KeyRequest,
  LogEntry,
  Page,
  PageQuery,
} from '../index.ts'
import type { CustomerTopUpDecision } from '../topUpCustomer.ts'

/** What the routes of keys and customers need. An actor is who is recorded as having done it. */
export interface AccountActions {
  /** The ISO 4217 code of all money. */
  currency: string
  /** The time by the database's clock. */
  nowMs: () => number
  /** The balance of a customer; 0 when it has none. */
  readCredit: (userId: number) => Promise<number>
  listKeys: (owner: KeyOwner, page: PageQuery) => Promise<Page<ApiKey>>
  createKey: (userId: number, request: KeyRequest, actor: string) => Promise<CreateKeyDecision>
  /** Whether there is such a key. */
  revokeKey: (owner: KeyOwner, keyId: string, actor: string) => Promise<boolean>
  listCustomers: (page: PageQuery) => Promise<Page<Customer>>
  readCustomer: (publicId: string) => Promise<Customer | undefined>
  createCustomer: (
    values: CustomerValues & { userId?: number | undefined },
    actor: string,
  ) => Promise<CreateDecision>
  changeCustomer: (
    publicId: string,
    values: Partial<CustomerValues>,
    actor: string,
  ) => Promise<Customer | undefined>
  topUpCustomer: (
    publicId: string,
    request: { amount: number; description: string },
    actor: string,
  ) => Promise<CustomerTopUpDecision | undefined>
  readAdminLog: (page: PageQuery) => Promise<Page<LogEntry>>
}
