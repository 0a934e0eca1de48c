import type { AdapterFact, CallResult, OperatorAdapter, OperatorResult } from '../contract.ts'
import { STATUS } from './codec/index.ts'
import type { SmppOptions } from './config.ts'
import { createDispatcher } from './dispatch.ts'
import { dial } from './session/dial.ts'
import type { MessagePdu } from './session/inbox.ts'
import { openLink } from './session/link.ts'
import type { Link } from './session/link.ts'
import { MessageCall } from './submitMessage.ts'
import type { Submitted, SubmitContext } from './submitMessage.ts'
import { createReferences } from './text/references.ts'
import type { References } from './text/references.ts'

export interface SmppOperator extends SmppOptions {
  name: string
}

/** Messages of one call: enough for the settlement to be shared, few enough that calls of both classes run. */
const BATCH_SIZE_MAX = 100
const CALLS_PER_WINDOWS = 4
/** The windows stay full while one call ends and the next begins. */
const WINDOWS_IN_CALLS = 2
/** One for each class at least, so that each has its share. */
const CALLS_MIN = 2

/** esm_class: what kind of message an operator sends. 0 is one of a handset, whatever its text looks like. */
const MESSAGE_TYPE = 0x3c
const RECEIPT = 0x04

/** All operators of this process share one, because their messages meet at the handset. */
const PROCESS_REFERENCES = createReferences()

/**
 * An operator that speaks SMPP 3.4: a call pipelines its messages through the windows of all binds, and nothing is
 * repeated. `close` waits for calls in flight, then unbinds.
 */
export function smppAdapter(
  options: SmppOperator,
  references: References = PROCESS_REFERENCES,
): OperatorAdapter {
  const { name, window, binds } = options
  const places = window * (binds.transceiver + binds.transmitter)
  const batchSizeMax = Math.min(BATCH_SIZE_MAX, Math.ceil(places / CALLS_PER_WINDOWS))
  let tell: (fact: AdapterFact) => void = () => {}
  let store: ((raw: Uint8Array) => Promise<void>) | undefined
  const links: Link[] = []
  const dispatcher = createDispatcher(links)
  const receive = async (pdu: MessagePdu, frame: Buffer) => {
    if ((pdu.esmClass & MESSAGE_TYPE) !== RECEIPT) {
      tell({ kind: 'inbound_message' })
      return STATUS.ROK
    }
    try {
      if (!store) throw new Error('nothing stores receipts yet')
      await store(frame)
      return STATUS.ROK
    } catch (error) {
      tell({ kind: 'receipt_refused' })
      throw error
    }
  }
  for (const kind of ['transceiver', 'transmitter', 'receiver'] as const)
    for (let bind = 0; bind < binds[kind]; bind++)
      links.push(
        openLink({
          ...{ kind, window, receive, timers: options.timers, credentials: options },
          dial: () => dial(options.url),
          onBound: () => {},
          onRoom: () => dispatcher.pump(),
          onOddity: (oddity) => tell({ kind: ODDITY_FACTS[oddity] }),
          onChange: ({ reason }) => {
            const up = links.filter((link) => link.session()).length
            tell({ kind: 'links', up, configured: links.length, reason })
            dispatcher.pump()
          },
        }),
      )
  const context: SubmitContext = {
    ...{ options, dispatcher, references },
    onLate: (late) => tell({ kind: 'late_result', ...late }),
  }
  const calls = new Set<Promise<CallResult>>()
  let closing: Promise<void> | undefined
  const close = async () => {
    await Promise.all(calls)
    await Promise.all(links.map((link) => link.close()))
  }
  return {
    name,
    batchSizeMax,
    callsInFlightMax: Math.max(CALLS_MIN, Math.ceil((WINDOWS_IN_CALLS * places) / batchSizeMax)),
    submit(batch, timeoutMs) {
      if (closing) return Promise.resolve({ kind: 'unavailable', reason: 'closed' })
      const messages = batch.map((message) => new MessageCall(message, context))
      const call = run(messages, timeoutMs).finally(() => calls.delete(call))
      calls.add(call)
      return call
    },
    receipts: (given) => void (store = given),
    observe: (listener) => void (tell = listener),
    close: () => (closing ??= close()),
  }
}

const ODDITY_FACTS = {
  late: 'late_response',
  repeated: 'repeated_response',
  unknown: 'unknown_response',
  malformed: 'malformed_pdu',
} as const

async function run(messages: MessageCall[], timeoutMs: number): Promise<CallResult> {
  const timer = setTimeout(() => messages.forEach((message) => message.expire()), Math.max(0, timeoutMs))
  for (const message of messages) void message.start()
  const submitted = await Promise.all(messages.map(({ result }) => result))
  clearTimeout(timer)
  return toCallResult(submitted)
}

/** A call is answered, unless all of its messages tell the same of the operator. */
function toCallResult(submitted: Submitted[]): CallResult {
  const results = submitted.map(({ result }) => result)
  const [first] = results
  const isSame = ({ kind, partIds }: OperatorResult) => kind === first?.kind && !partIds
  if (first && first.kind !== 'accepted' && results.every(isSame)) {
    const { kind, reason } = first
    if (kind === 'unknown') return { kind, reason }
    if (kind === 'throttled') return { kind, reason, retryAfterMs: null }
    if (kind === 'unavailable' && submitted.every(({ isOperatorFault }) => isOperatorFault))
      return { kind, reason }
  }
  const sum = (count: (each: Submitted) => number) =>
    submitted.reduce((total, each) => total + count(each), 0)
  const throttledParts = sum((each) => (each.result.kind === 'throttled' ? 0 : each.throttledParts))
  return {
    kind: 'answered',
    results,
    unreadableIdentifiers: sum((each) => each.unreadableIdentifiers),
    ...(throttledParts > 0 && { throttledParts }),
  }
}
