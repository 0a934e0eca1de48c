import assert from 'node:assert/strict'
import type {
  AdapterFact,
  OperatorAdapter,
  OperatorResult,
  Submission,
} from '../../../src/operators/contract.ts'
import { smppAdapter } from '../../../src/operators/smpp/adapter.ts'
import { STATUS } from '../../../src/operators/smpp/codec/index.ts'
import { seededRandom } from '../../../simulator/random.ts'
import { eventually } from '../../support/eventually.ts'
import { startNpmServer } from './npmSmpp.ts'
import type { NpmPdu, NpmSession } from './npmSmpp.ts'
import { smppOf } from './smppOf.ts'

/** `SMPP_STORM_MESSAGES=100000` runs it as long as a release wants it. */
const MESSAGES = Number(process.env['SMPP_STORM_MESSAGES'] || 2_000)
const BOUND_MS = 60_000 + MESSAGES * 30
const WINDOW = 16
const LINKS = 4
const CALL_MS = 1_000
const RESPONSE_MS = 3_000
const LATE_MS = RESPONSE_MS + 1_000
const LATENCY_MAX_MS = 20
const BATCH = 16
/** Enough calls at once that the windows are full. */
const CALLS = 12
/** Calls for one message that its operator has parts of. */
const COMPLETIONS_MAX = 20

/** The result of a request: whether it is taken, and how it is answered. In order, with its share. */
const FATES = [
  ['throttled', 0.1],
  ['rejected', 0.01],
  ['unavailable', 0.02],
  ['cut-before', 0.002],
  ['cut-after', 0.002],
  ['silent-before', 0.004],
  ['silent-after', 0.004],
  ['late', 0.01],
  ['repeated', 0.05],
] as const
type Fate = (typeof FATES)[number][0] | 'accepted'

const STATUSES: Partial<Record<Fate, number>> = {
  throttled: STATUS.RTHROTTLED,
  rejected: STATUS.RINVDSTADR,
  unavailable: STATUS.RX_T_APPN,
}
const NOT_TAKEN: readonly Fate[] = ['throttled', 'rejected', 'unavailable', 'cut-before', 'silent-before']

/** What the server knows of it. */
interface Seen {
  /** The identifiers that parts were taken under, by number and part. */
  taken: Map<string, string[]>
  /** The references of parts, by number. */
  references: Map<string, Set<number>>
  fates: Set<Fate>
  windowPeak: number
}

/** A server of the package that does what chance wants. */
function startStorm(seen: Seen) {
  const random = seededRandom(29)
  const windows = new Map<NpmSession, number>()
  let identifiers = 0
  const draw = (): Fate => {
    let chance = random()
    for (const [fate, share] of FATES) if ((chance -= share) < 0) return fate
    return 'accepted'
  }
  const noteReference = ({ destination_addr: to = '', short_message: short }: NpmPdu) => {
    const reference = short?.udh?.[0]?.[2]
    if (reference === undefined) return
    seen.references.set(to, (seen.references.get(to) ?? new Set()).add(reference))
  }
  const respond = (pdu: NpmPdu, session: NpmSession): object | undefined => {
    if (pdu.command !== 'submit_sm') return {}
    const fate = draw()
    seen.fates.add(fate)
    noteReference(pdu)
    const status = STATUSES[fate]
    const messageId = `npm-${++identifiers}`
    if (!NOT_TAKEN.includes(fate)) {
      const key = keyOf(pdu)
      seen.taken.set(key, [...(seen.taken.get(key) ?? []), messageId])
    }
    if (fate.startsWith('cut')) session.socket.destroy()
    const isSilent = fate.startsWith('silent') || fate.startsWith('cut')
    const isTimely = !isSilent && fate !== 'late'
    const count = (by: number) => windows.set(session, (windows.get(session) ?? 0) + by)
    if (isTimely) count(1)
    seen.windowPeak = Math.max(seen.windowPeak, windows.get(session) ?? 0)
    const answer = () => {
      if (isTimely) count(-1)
      if (session.socket.destroyed) return
      const response = pdu.response(status ? { command_status: status } : { message_id: messageId })
      session.send(response)
      if (fate === 'repeated') session.send(response)
    }
    if (!isSilent) setTimeout(answer, fate === 'late' ? LATE_MS : random() * LATENCY_MAX_MS)
    return undefined
  }
  return startNpmServer(respond)
}

/** Each message has a number of its own; after it, the part. */
function keyOf({ destination_addr: to = '', short_message: short }: NpmPdu): string {
  return `${to}:${short?.udh?.[0]?.at(-1) ?? 1}`
}

const PARTS_OF_LONG = 3
/** Of every fifth. */
const partsOf = (number: number) => (number % 5 === 0 ? PARTS_OF_LONG : 1)

function submissionOf(number: number): Submission {
  const text = partsOf(number) > 1 ? `${number} `.padEnd(400, 'x') : `message ${number}`
  return { reference: `storm:${number}`, to: `98912${String(number).padStart(7, '0')}`, from: null, text }
}

describe('messages through a storm of the npm package smpp', function () {
  this.timeout(BOUND_MS)
  const seen: Seen = { taken: new Map(), references: new Map(), fates: new Set(), windowPeak: 0 }
  let server: Awaited<ReturnType<typeof startStorm>>
  let adapter: OperatorAdapter
  const late: Extract<AdapterFact, { kind: 'late_result' }>[] = []
  const oddities = new Set<string>()
  const results = new Map<number, OperatorResult>()
  let completed = 0

  before(async () => {
    server = await startStorm(seen)
    adapter = smppAdapter(
      smppOf({
        url: server.url,
        connections: LINKS,
        window: WINDOW,
        timers: { response: `${RESPONSE_MS}ms` },
      }),
    )
    adapter.observe?.((fact) => {
      if (fact.kind === 'late_result') late.push(fact)
      else oddities.add(fact.kind)
    })
    await submitAll()
    await eventually('what is late has come', () => oddities.has('late_response'), BOUND_MS)
    await adapter.close()
  })
  after(() => server.close())

  const submit = async (batch: Submission[]): Promise<OperatorResult[]> => {
    const called = await adapter.submit(batch, CALL_MS)
    if (called.kind === 'answered') return called.results
    return batch.map(() => called)
  }
  /** As the engine does: missing parts alone are submitted again, and nothing that is unknown. */
  const complete = async (submission: Submission, first: OperatorResult): Promise<OperatorResult> => {
    let result = first
    for (let call = 0; call < COMPLETIONS_MAX; call++) {
      const { kind, partIds } = result
      if (!partIds || (kind !== 'throttled' && kind !== 'unavailable')) return result
      completed++
      const [next] = await submit([{ ...submission, partIds }])
      result = next ?? result
    }
    return result
  }
  async function submitAll(): Promise<void> {
    let next = 0
    const call = async () => {
      while (next < MESSAGES) {
        const from = next
        next = Math.min(MESSAGES, next + BATCH)
        const batch = Array.from({ length: next - from }, (_, at) => submissionOf(from + at))
        const to = next
        const came = await submit(batch)
        for (let number = from; number < to; number++) {
          const [submission, result] = [batch[number - from], came[number - from]]
          if (submission && result) results.set(number, await complete(submission, result))
        }
      }
    }
    await Promise.all(Array.from({ length: CALLS }, call))
  }
  const takenOf = (number: number) =>
    Array.from(
      { length: partsOf(number) },
      (_, at) => seen.taken.get(`${submissionOf(number).to}:${at + 1}`) ?? [],
    )
  const wrong = (isWrong: (number: number, result: OperatorResult) => boolean) =>
    [...results].filter(([number, result]) => isWrong(number, result))

  it('have a result each, and no part is taken twice', () => {
    assert.equal(results.size, MESSAGES)
    assert.deepEqual(
      wrong((number) => takenOf(number).some(({ length }) => length > 1)),
      [],
    )
  })

  it('are accepted only under the identifiers that all their parts were taken under', () => {
    const idsOf = (result: OperatorResult) =>
      result.kind === 'accepted' ? (result.partIds ?? [result.operatorMessageId]) : []
    assert.deepEqual(
      wrong(
        (number, result) =>
          result.kind === 'accepted' && takenOf(number).flat().join() !== idsOf(result).join(),
      ),
      [],
    )
  })

  it('are reported not taken, or taken in part, only where that is so', () => {
    assert.deepEqual(
      wrong((number, result) => {
        if (result.kind === 'accepted' || result.kind === 'unknown') return false
        const known = result.partIds ?? takenOf(number).map(() => null)
        // A part without a response may have been taken, of a message that another part decided.
        if (result.kind === 'rejected' && result.partIds)
          return known.some((id, at) => id !== null && takenOf(number)[at]?.[0] !== id)
        return known.join() !== takenOf(number).join()
      }),
      [],
    )
  })

  it('have their parts under one reference, however often they are submitted', () => {
    assert.ok(completed > 0)
    assert.deepEqual(
      [...seen.references].filter(([, { size }]) => size > 1),
      [],
    )
  })

  it('had everything happen to them', () => {
    const kinds = new Set([...results.values()].map(({ kind }) => kind))
    for (const kind of ['accepted', 'unknown', 'throttled', 'unavailable', 'rejected'] as const)
      assert.ok(kinds.has(kind), kind)
    for (const [fate] of FATES) assert.ok(seen.fates.has(fate), fate)
    for (const oddity of ['links', 'late_response', 'repeated_response'])
      assert.ok(oddities.has(oddity), oddity)
  })

  it('are known after all where the response came late', () => {
    assert.ok(late.length > 0)
    for (const { reference, part, result } of late) {
      if (result.kind !== 'accepted') continue
      const number = Number(reference.split(':')[1])
      assert.deepEqual(takenOf(number)[part - 1], [result.operatorMessageId], reference)
    }
  })

  it('were never more at once than the window has, by the count of the server', () => {
    assert.equal(seen.windowPeak, WINDOW)
  })
})
