import type { Operator } from './attempt.ts'
import { Breaker } from './breaker.ts'
import type { BreakerSettings } from './breaker.ts'
import { shareConnections } from './connectionShares.ts'
import type { AdapterFact, MessageClass } from './contract.ts'
import type { OperatorEvents } from './events.ts'
import { createPaces } from './pace.ts'
import { indexPrices } from './prices.ts'
import { openAdapter } from './protocols.ts'
import type { OperatorConfig, ProtocolName, SharedByAdapters } from './protocols.ts'
import type { LeaseQuota } from './throughput/leaseQuota.ts'
import { createThroughput } from './throughput/throughput.ts'

/** One open operator: an adapter whose connections its classes share, and a breaker and a pace for each class. */
export interface Link {
  config: OperatorConfig
  /** By the classes that it serves. */
  of: Partial<Record<MessageClass, Operator>>
  /** While it is paused or drained it is not called; connections, breakers and paces stay. */
  hold(isHeld: boolean): void
  /** Begins no further call. Ends once the calls in flight have ended, which their time limits bound. */
  close(): Promise<void>
}

/** Stores a receipt that came over an operator's link, and resolves when that is committed. */
export type StoreReceipt = (receipt: {
  operator: string
  protocol: ProtocolName
  raw: Uint8Array
}) => Promise<void>

/** The result of a part of a message whose call had ended. */
export type LateResult = Extract<AdapterFact, { kind: 'late_result' }>
export type OnLateResult = (operator: string, late: LateResult) => void

export interface LinkOptions extends SharedByAdapters {
  breaker?: Partial<BreakerSettings> | undefined
  storeReceipt?: StoreReceipt | undefined
  onLateResult?: OnLateResult | undefined
}

/** Throws a TypeError if the adapter cannot use its settings. */
export function openLink(
  config: OperatorConfig,
  events: OperatorEvents,
  leaseQuota: LeaseQuota,
  { breaker: settings, storeReceipt, onLateResult, references }: LinkOptions = {},
): Link {
  const { name, protocol, classes, senders, deduplicatesReferences, keepsOurReference, prices } = config
  const receiptPoll = config.receipts?.poll
  const priceOf = prices && indexPrices(prices)
  const adapter = openAdapter(config, { references })
  const adapters = shareConnections(adapter, classes)
  const paces = createPaces({
    onThrottled: (messageClass) => events.throttled({ operator: name, messageClass }),
    onChange: (messageClass, callsPerSecond) =>
      events.paceChanged({ operator: name, messageClass, callsPerSecond }),
  })
  const { throughput: partsPerSecond } = config
  const lease = (messageClass: MessageClass, costMs: number) => leaseQuota(name, messageClass, costMs)
  const throughputs = partsPerSecond === null ? undefined : createThroughput({ partsPerSecond, lease })
  events.operatorRegistered({ operator: name })
  if (storeReceipt) adapter.receipts?.((raw) => storeReceipt({ operator: name, protocol, raw }))
  adapter.observe?.((fact) => {
    events.adapterLearned(name, fact)
    if (fact.kind === 'late_result') onLateResult?.(name, fact)
  })
  const operatorOf = (messageClass: MessageClass): Operator => {
    const breaker = new Breaker(settings)
    breaker.onChange((state) => events.breakerChanged({ operator: name, messageClass, state }))
    return {
      ...{ name, breaker, senders, deduplicatesReferences, keepsOurReference },
      adapter: adapters[messageClass],
      pace: paces[messageClass],
      ...(throughputs && { throughput: throughputs[messageClass] }),
      ...(priceOf && { priceOf }),
      ...(receiptPoll && { receiptPoll }),
    }
  }
  const of = Object.fromEntries(classes.map((each) => [each, operatorOf(each)])) as Link['of']
  const operators = Object.values(of)
  return {
    config,
    of,
    hold: (isHeld) => operators.forEach(({ breaker }) => breaker.hold(isHeld)),
    close: async () => {
      for (const { breaker } of operators) breaker.close()
      await adapter.close()
    },
  }
}
