import type { DeadlineEvents } from '../deadlines/index.ts'
import { indexPrices, NO_PRICE, RECEIPTS_DEFAULT } from '../operators/index.ts'
import type { OperatorConfig, PriceOf } from '../operators/index.ts'
import type { Logger, Registry } from '../platform/telemetry/index.ts'
import {
  createAuthenticate,
  createAuthenticateCallback,
  createReceiptEvents,
  openLateStore,
  openReceiptStore,
} from '../receipts/index.ts'
import type {
  Authenticate,
  AuthenticateCallback,
  CallbackSender,
  ReceiptEvents,
  ReceiptSender,
  ReceiptSources,
  StoreLate,
  StoreReceipts,
} from '../receipts/index.ts'
import type { Config } from './config.ts'
import type { Pools } from './pools.ts'

/** What the roles of a process share to take and apply receipts. */
export interface Receipts {
  events: ReceiptEvents
  /** Whether some operator sends receipts, or may after a reload. */
  areTaken: boolean
  authenticate: Authenticate
  authenticateCallback: AuthenticateCallback
  sources: ReceiptSources
  /** What an operator charges for a part. */
  priceOf: (operator: string) => PriceOf
  store: StoreReceipts
  storeLate: StoreLate
  /** Replaces the operators of the file. @returns the names of all that send receipts. */
  configure(operators: readonly OperatorConfig[]): string[]
  /** Called when something was stored in this process. */
  onStored(wake: () => void): void
}

type ReceiptsConfig = Pick<Config, 'operators' | 'testOperator' | 'operatorsFile'>

interface ReceiptsResources {
  pools: Pools
  newId: () => string
  logger: Logger
  registry: Registry
  deadlines: DeadlineEvents
}

export function openReceipts(
  { operators, testOperator, operatorsFile }: ReceiptsConfig,
  { pools, newId, logger, registry, deadlines }: ReceiptsResources,
): Receipts {
  const ofTest = testOperator ? [testOperator] : []
  let known = index([...operators, ...ofTest])
  const events = createReceiptEvents(logger, registry, [...known.byName.keys()])
  let wake = () => {}
  const priceOf = (operator: string) => known.prices.get(operator) ?? NO_PRICE
  return {
    events,
    areTaken: known.byName.size > 0 || operatorsFile !== undefined,
    authenticate: (...request) => known.authenticate(...request),
    authenticateCallback: (callback) => known.authenticateCallback(callback),
    sources: (operator) => known.byName.get(operator) ?? RECEIPTS_DEFAULT,
    priceOf,
    store: openReceiptStore({ db: pools.requests, newId, events, onStored: () => wake() }),
    storeLate: openLateStore({ db: pools.requests, events, deadlines, priceOf }),
    configure(next) {
      known = index([...next, ...ofTest])
      return [...known.byName.keys()]
    },
    onStored: (fn) => (wake = fn),
  }
}

function index(operators: readonly OperatorConfig[]) {
  const senders = operators.flatMap(toSender)
  const byName = new Map(senders.map(({ name, receipts }) => [name, receipts]))
  return {
    byName,
    prices: new Map(operators.map(({ name, prices }) => [name, indexPrices(prices)])),
    authenticate: createAuthenticate(senders),
    authenticateCallback: createAuthenticateCallback(operators.flatMap(toCallbackSender)),
  }
}

function toSender({ name, protocol, receipts }: OperatorConfig): ReceiptSender[] {
  return receipts ? [{ name, protocol, receipts }] : []
}

function toCallbackSender(config: OperatorConfig): CallbackSender[] {
  if (config.protocol !== 'twilio' || config.statusCallback === null) return []
  const { authToken, statusCallback: url } = config
  return toSender(config).map((sender) => ({ ...sender, authToken, url }))
}
