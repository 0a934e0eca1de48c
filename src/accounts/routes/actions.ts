import type { Held } from '../../holds/index.ts'
import type { RateLimit } from '../../limits/index.ts'
import type { ControlChange, ListedOperator } from '../../operators/index.ts'
import type { Credit, TopUpDecision, TopUpRequest } from '../../ledger/index.ts'
import type {
  ApiKey,
  CreateDecision,
  CreateKeyDecision,
  CreateTariffDecision,
  Customer,
  CustomerValues,
  EndTariffDecision,
  KeyOwner,
  KeyRequest,
  LogEntry,
  Page,
  PageQuery,
  TariffPage,
  TariffPageQuery,
  TariffValues,
} from '../index.ts'

/** What the routes of keys and customers need. An actor is who is recorded as having done it. */
export interface AccountActions {
  /** The ISO 4217 code of all money. */
  currency: string
  /** The time by the database's clock. */
  nowMs: () => number
  /** Requests of a customer that has no limit of its own, in each process. */
  requestsLimit: RateLimit
  readCredit: (userId: number) => Promise<Credit>
  readHeld: (userId: number) => Promise<Held>
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
  topUpCustomer: (request: TopUpRequest, actor: string) => Promise<TopUpDecision>
  /** undefined when there is no such customer. */
  listTariffs: (query: TariffPageQuery) => Promise<TariffPage | undefined>
  createTariff: (values: TariffValues, actor: string) => Promise<CreateTariffDecision>
  /** `validUntilMs` undefined: now. */
  endTariff: (id: number, validUntilMs: number | undefined, actor: string) => Promise<EndTariffDecision>
  listOperators: () => Promise<ListedOperator[]>
  /** undefined when there is no such operator. */
  changeOperator: (name: string, change: ControlChange, actor: string) => Promise<ListedOperator | undefined>
  readAdminLog: (page: PageQuery) => Promise<Page<LogEntry>>
}
