import assert from 'node:assert/strict'
import type { CallResult, OperatorAdapter, Submission } from '../../src/operators/contract.ts'
import { message, messages } from './messages.ts'

/**
 * How the peer treats the calls that follow.
 * - good: takes everything.
 * - rejects, postpones: answers each message so, those to `to` only where it is given.
 * - refuses: the whole call, when a text contains `poison`; `fault` says whose fault that is.
 * - fails: an internal fault for every call. throttles, out-of-service: its state, with an answer.
 * - cuts-before, cuts-after: ends the connection before or after taking the messages. hangs: after taking them.
 * - corrupts: takes the messages and gives an unreadable answer.
 */
export type Mood =
  | { kind: 'good' | 'postpones' | 'fails' | 'throttles' | 'out-of-service' }
  | { kind: 'cuts-before' | 'cuts-after' | 'hangs' | 'corrupts' }
  | { kind: 'rejects'; to?: string }
  | { kind: 'refuses'; poison: string; fault: 'message' | 'operator' }

/** The other end of the adapter under test. */
export interface Peer {
  adapter: OperatorAdapter
  behave(mood: Mood): Promise<void>
  /** How often it really took the message. */
  taken(reference: string): Promise<number>
  /** Becomes unreachable: connections are refused. */
  leave(): Promise<void>
  comeBack(): Promise<void>
  /** Closes the adapter and the peer. */
  close(): Promise<void>
}

/** Ample for a peer on this machine that answers at all. */
const TIMEOUT_MS = 10_000
/** For calls that are meant to run out of time. */
const SHORT_MS = 150

/** The promises of contract.ts, tried on an adapter and a peer that can be told how to behave. */
export function conformsToContract(name: string, setup: () => Promise<Peer>): void {
  describe(`${name} keeps the operator contract`, () => {
    let peer: Peer
    before(async () => {
      peer = await setup()
    })
    after(() => peer.close())
    beforeEach(() => peer.behave({ kind: 'good' }))

    const submit = (batch: Submission[], timeoutMs = TIMEOUT_MS) => peer.adapter.submit(batch, timeoutMs)
    const kindsOf = (result: CallResult) => {
      assert.equal(result.kind, 'answered')
      return result.kind === 'answered' ? result.results.map(({ kind }) => kind) : []
    }
    const takenOf = async (batch: Submission[]) => {
      const times: number[] = []
      for (const { reference } of batch) times.push(await peer.taken(reference))
      return times
    }

    it('hands one message over once, and brings back the identifier that the operator gave it', async () => {
      const one = message()
      const result = await submit([one])
      assert.equal(result.kind, 'answered')
      const accepted = result.kind === 'answered' ? result.results[0] : undefined
      assert.ok(accepted?.kind === 'accepted' && accepted.operatorMessageId)
      assert.equal(await peer.taken(one.reference), 1)
    })

    it('hands the largest batch over once, each message under an identifier of its own', async () => {
      const batch = messages(peer.adapter.batchSizeMax)
      const result = await submit(batch)
      assert.deepEqual(
        kindsOf(result),
        batch.map(() => 'accepted'),
      )
      const identifiers =
        result.kind === 'answered'
          ? result.results.map((each) => each.kind === 'accepted' && each.operatorMessageId)
          : []
      assert.equal(new Set(identifiers).size, batch.length)
      assert.deepEqual(
        await takenOf(batch),
        batch.map(() => 1),
      )
    })

    it('carries a text as it was written, whatever its script', async () => {
      const text = 'سلام 👋🏽 "quoted" \\ \n\t naïve'
      await peer.behave({ kind: 'refuses', poison: text, fault: 'message' })
      assert.equal((await submit([message(`<${text}>`)])).kind, 'refused')
      assert.equal((await submit([message('another text')])).kind, 'answered')
    })

    it('gives each message its own result, by position', async () => {
      const batch = messages(Math.min(5, peer.adapter.batchSizeMax))
      const rejected = Math.max(0, batch.length - 2)
      await peer.behave({ kind: 'rejects', to: (batch[rejected] as Submission).to })
      const result = await submit(batch)
      assert.deepEqual(
        kindsOf(result),
        batch.map((_, position) => (position === rejected ? 'rejected' : 'accepted')),
      )
      assert.deepEqual(
        await takenOf(batch),
        batch.map((_, position) => (position === rejected ? 0 : 1)),
      )
    })

    it('tells of a rejected message', async () => {
      await peer.behave({ kind: 'rejects' })
      const result = await submit([message()])
      assert.deepEqual(kindsOf(result), ['rejected'])
    })

    it('tells a message that was put off from one that was rejected', async () => {
      await peer.behave({ kind: 'postpones' })
      assert.deepEqual(kindsOf(await submit([message()])), ['unavailable'])
    })

    it('reports a call refused for what is in it', async () => {
      await peer.behave({ kind: 'refuses', poison: 'bad', fault: 'message' })
      const batch = messages(Math.min(2, peer.adapter.batchSizeMax), 'bad')
      const result = await submit(batch)
      assert.ok(result.kind === 'refused' && !result.operatorFailed, JSON.stringify(result))
      assert.ok((await takenOf(batch)).every((times) => times === 0))
    })

    it('reports a call that broke the operator', async () => {
      await peer.behave({ kind: 'refuses', poison: 'bad', fault: 'operator' })
      const batch = messages(Math.min(2, peer.adapter.batchSizeMax), 'bad')
      const result = await submit(batch)
      assert.ok(result.kind === 'refused' && result.operatorFailed, JSON.stringify(result))
      assert.ok((await takenOf(batch)).every((times) => times === 0))
    })

    it('reports an internal fault as the operator failing', async () => {
      await peer.behave({ kind: 'fails' })
      const result = await submit([message()])
      assert.ok(result.kind === 'refused' && result.operatorFailed, JSON.stringify(result))
    })

    for (const [mood, kind] of [
      ['throttles', 'throttled'],
      ['out-of-service', 'unavailable'],
    ] as const) {
      it(`calls a message of an operator that ${mood === 'throttles' ? mood : `is ${mood}`} ${kind}, nothing taken`, async () => {
        await peer.behave({ kind: mood })
        const one = message()
        assert.equal((await submit([one])).kind, kind)
        assert.equal(await peer.taken(one.reference), 0)
      })
    }

    for (const [kind, taken] of [
      ['cuts-before', 0],
      ['cuts-after', 1],
      ['corrupts', 1],
    ] as const) {
      it(`does not claim to know when the operator ${kind}`, async () => {
        await peer.behave({ kind })
        const one = message()
        const result = await submit([one])
        assert.equal(result.kind, 'unknown')
        assert.equal(await peer.taken(one.reference), taken)
      })
    }

    it('ends by itself when the operator hangs, and does not claim to know', async () => {
      await peer.behave({ kind: 'hangs' })
      const one = message()
      const result = await submit([one], SHORT_MS)
      assert.equal(result.kind, 'unknown')
      assert.equal(await peer.taken(one.reference), 1)
    })

    for (const kind of ['cuts-after', 'hangs', 'corrupts'] as const) {
      it(`works on after an operator that ${kind}`, async () => {
        await peer.behave({ kind })
        await submit([message()], SHORT_MS)
        await peer.behave({ kind: 'good' })
        assert.deepEqual(kindsOf(await submit([message()])), ['accepted'])
      })
    }

    it('never repeats a call by itself', async () => {
      for (const kind of ['cuts-after', 'hangs', 'corrupts'] as const) {
        await peer.behave({ kind })
        const one = message()
        await submit([one], SHORT_MS)
        await peer.behave({ kind: 'good' })
        await submit([message()])
        assert.equal(await peer.taken(one.reference), 1, kind)
      }
    })

    it('keeps calls that run side by side apart', async () => {
      const batches = Array.from({ length: 20 }, (_, at) => messages(1 + (at % peer.adapter.batchSizeMax)))
      const results = await Promise.all(batches.map((batch) => submit(batch)))
      results.forEach((result, at) => assert.equal(kindsOf(result).length, batches[at]?.length))
      for (const batch of batches) assert.ok((await takenOf(batch)).every((times) => times === 1))
    })

    it('calls an operator that cannot be reached unavailable, and finds it again when it is back', async () => {
      await peer.leave()
      const result = await submit([message()])
      assert.equal(result.kind, 'unavailable')
      await peer.comeBack()
      assert.deepEqual(kindsOf(await submit([message()])), ['accepted'])
    })
  })
}
