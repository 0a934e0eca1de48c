import { RECEIPTS_DEFAULT } from '../operators/index.ts'
import type { OperatorConfig } from '../operators/index.ts'
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
  store: StoreReceipts
  storeLate: StoreLate
  /** Replaces the operators of the file. @returns the names of all that send receipts. */
  configure(operators: readonly OperatorConfig[]): string[]
  /** Called when something was stored in this process. */
  onStored(wake: () => void): void
}

type ReceiptsConfig = Pick<Config, 'operators' | 'testOperator' | 'operatorsFile'>

export function openReceipts(
  { operators, testOperator, operatorsFile }: ReceiptsConfig,
  {
    pools,
    newId,
    logger,
    registry,
  }: { pools: Pools; newId: () => string; logger: Logger; registry: Registry },
): Receipts {
  const ofTest = testOperator ? [testOperator] : []
  let known = index([...operators, ...ofTest])
  const events = createReceiptEvents(logger, registry, [...known.byName.keys()])
  let wake = () => {}
  return {
    events,
    areTaken: known.byName.size > 0 || operatorsFile !== undefined,
    authenticate: (...request) => known.authenticate(...request),
    authenticateCallback: (callback) => known.authenticateCallback(callback),
    sources: (operator) => known.byName.get(operator) ?? RECEIPTS_DEFAULT,
    store: openReceiptStore({ db: pools.requests, newId, events, onStored: () => wake() }),
    storeLate: openLateStore(pools.requests, events),
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
