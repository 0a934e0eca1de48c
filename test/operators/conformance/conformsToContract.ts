import assert from 'node:assert/strict'
import { isFailure, resultOf } from '../../../src/operators/callResult.ts'
import type { CallResult, Submission } from '../../../src/operators/contract.ts'
import { eventually } from '../../support/eventually.ts'
import { LARGE_IDENTIFIER } from './peer.ts'
import type { Ability, Peer, Subject } from './peer.ts'

/** Ample for a double on this machine that answers at all. */
const TIMEOUT_MS = 10_000
/** For calls that are meant to run out of time. */
const SHORT_MS = 150
const CALLS_IN_FLIGHT_MAX = 4

let numbers = 0

/** Messages to numbers that no other message has, because some operators keep no reference of ours. */
function messages(count: number, text = 'hello'): Submission[] {
  return Array.from({ length: count }, () => {
    const number = ++numbers
    return {
      reference: `conformance:${number}`,
      to: `98912${String(number).padStart(7, '0')}`,
      from: null,
      text,
    }
  })
}

const message = (text?: string) => messages(1, text)[0] as Submission

/** The promises of contract.ts, tried on an adapter and a double that can be told how to behave. */
export function conformsToContract(subject: Subject): void {
  describe(`${subject.name} keeps the operator contract`, () => {
    let peer: Peer
    before(async () => {
      peer = await subject.open(CALLS_IN_FLIGHT_MAX)
    })
    after(() => peer.close())
    beforeEach(() => peer.behave({ kind: 'good' }))

    const itIf = (ability: Ability) => (subject.abilities.includes(ability) ? it : () => undefined)
    const submit = (batch: Submission[], timeoutMs = TIMEOUT_MS) => peer.adapter.submit(batch, timeoutMs)
    const kindsOf = (result: CallResult, count: number) =>
      Array.from({ length: count }, (_, position) => resultOf(result, position, count).kind)
    const acceptedIn = (result: CallResult) =>
      result.kind === 'answered' ? result.results.filter((each) => each.kind === 'accepted') : []
    const takenOf = async (batch: Submission[]) => {
      const times: number[] = []
      for (const each of batch) times.push(await peer.taken(each))
      return times
    }
    const each = <T>(batch: Submission[], value: T) => batch.map(() => value)
    /** One whose adapter has a connection: a call that has little time leaves at once. */
    const openConnected = async (callsInFlightMax: number) => {
      const opened = await subject.open(callsInFlightMax)
      assert.deepEqual(kindsOf(await opened.adapter.submit([message()], TIMEOUT_MS), 1), ['accepted'])
      return opened
    }

    it('hands one message over once, and brings back the identifier that the operator gave it', async () => {
      const one = message()
      const [accepted] = acceptedIn(await submit([one]))
      assert.ok(accepted?.operatorMessageId)
      assert.equal(await peer.taken(one), 1)
    })

    it('hands the largest batch over once, each message under an identifier of its own', async () => {
      const batch = messages(peer.adapter.batchSizeMax)
      const accepted = acceptedIn(await submit(batch))
      assert.equal(new Set(accepted.map(({ operatorMessageId }) => operatorMessageId)).size, batch.length)
      assert.deepEqual(await takenOf(batch), each(batch, 1))
    })

    itIf('numeric-identifiers')(
      'keeps an identifier that is a number beyond 2^53 digit by digit',
      async () => {
        await peer.behave({ kind: 'numeric-identifiers' })
        const [accepted] = acceptedIn(await submit([message()]))
        assert.equal(accepted?.operatorMessageId, LARGE_IDENTIFIER)
      },
    )

    itIf('odd-identifiers')(
      'takes messages under odd identifiers for accepted, and sends none again',
      async () => {
        await peer.behave({ kind: 'odd-identifiers', every: 3 })
        const batches = Array.from({ length: 9 }, () => messages(1))
        let unreadable = 0
        for (const batch of batches) {
          const result = await submit(batch)
          assert.deepEqual(kindsOf(result, 1), ['accepted'])
          unreadable += (result.kind === 'answered' && result.unreadableIdentifiers) || 0
        }
        assert.ok(unreadable >= 3, `${unreadable}`)
        assert.deepEqual(await takenOf(batches.flat()), each(batches.flat(), 1))
      },
    )

    itIf('refuses')('carries a text as it was written, whatever its script', async () => {
      const text = 'سلام 👋🏽 "quoted" \\ & = + % {to} \n\t naïve'
      await peer.behave({ kind: 'refuses', poison: text, fault: 'message' })
      assert.deepEqual(kindsOf(await submit([message(`<${text}>`)]), 1), ['refused'])
      assert.deepEqual(kindsOf(await submit([message('another text')]), 1), ['accepted'])
    })

    it('gives each message its own result, by position', async () => {
      const batch = messages(Math.min(5, peer.adapter.batchSizeMax))
      const rejected = Math.max(0, batch.length - 2)
      await peer.behave({ kind: 'rejects', to: (batch[rejected] as Submission).to })
      assert.deepEqual(
        kindsOf(await submit(batch), batch.length),
        batch.map((_, position) => (position === rejected ? 'rejected' : 'accepted')),
      )
      assert.deepEqual(
        await takenOf(batch),
        batch.map((_, position) => (position === rejected ? 0 : 1)),
      )
    })

    it('tells of a rejected message, which says nothing of the health of the operator', async () => {
      await peer.behave({ kind: 'rejects' })
      const result = await submit([message()])
      assert.deepEqual(kindsOf(result, 1), ['rejected'])
      assert.equal(isFailure(result), false)
    })

    itIf('postpones')('tells a message that was put off from one that was rejected', async () => {
      await peer.behave({ kind: 'postpones' })
      assert.deepEqual(kindsOf(await submit([message()]), 1), ['unavailable'])
    })

    itIf('refuses')(
      'reports a message refused for what is in it, and a batch as refused together',
      async () => {
        await peer.behave({ kind: 'refuses', poison: 'bad', fault: 'message' })
        const batch = messages(Math.min(2, peer.adapter.batchSizeMax), 'bad')
        const result = await submit(batch)
        if (batch.length > 1) assert.ok(result.kind === 'refused' && !result.operatorFailed)
        else assert.deepEqual(kindsOf(result, 1), ['refused'])
        assert.deepEqual(await takenOf(batch), each(batch, 0))
      },
    )

    itIf('refuses')('reports a call that broke the operator as its failure', async () => {
      await peer.behave({ kind: 'refuses', poison: 'bad', fault: 'operator' })
      const batch = messages(Math.min(2, peer.adapter.batchSizeMax), 'bad')
      const result = await submit(batch)
      assert.ok(isFailure(result), JSON.stringify(result))
      assert.ok(kindsOf(result, batch.length).every((kind) => kind === 'unavailable' || kind === 'unknown'))
    })

    it('reports an internal fault as the failure of the operator, never as a result of the message', async () => {
      await peer.behave({ kind: 'fails' })
      const result = await submit([message()])
      assert.ok(isFailure(result), JSON.stringify(result))
      assert.ok(['unavailable', 'unknown'].includes(resultOf(result, 0, 1).kind), JSON.stringify(result))
    })

    it('calls a message of an operator that throttles throttled, nothing taken, which is no failure', async () => {
      await peer.behave({ kind: 'throttles' })
      const one = message()
      const result = await submit([one])
      assert.equal(resultOf(result, 0, 1).kind, 'throttled')
      assert.equal(isFailure(result), false)
      assert.equal(await peer.taken(one), 0)
    })

    itIf('retry-after')('says how long a throttling operator asks to wait', async () => {
      await peer.behave({ kind: 'throttles', retryAfterSeconds: 7 })
      const result = await submit([message()])
      assert.ok(result.kind === 'throttled' && result.retryAfterMs === 7_000, JSON.stringify(result))
    })

    it('calls a message of an operator that is out of service unavailable, nothing taken', async () => {
      await peer.behave({ kind: 'out-of-service' })
      const one = message()
      const result = await submit([one])
      assert.deepEqual(kindsOf(result, 1), ['unavailable'])
      assert.ok(isFailure(result))
      assert.equal(await peer.taken(one), 0)
    })

    for (const how of subject.unreadable) {
      it(`calls a message unknown whose answer is unreadable (${how}), and the operator failing`, async () => {
        await peer.behave({ kind: 'unreadable', how })
        for (const batch of [messages(1), messages(Math.min(3, peer.adapter.batchSizeMax))]) {
          const result = await submit(batch)
          assert.deepEqual(kindsOf(result, batch.length), each(batch, 'unknown'))
          assert.ok(isFailure(result))
          assert.deepEqual(await takenOf(batch), each(batch, 1))
        }
      })
    }

    for (const [kind, taken] of [
      ['cuts-before', 0],
      ['cuts-after', 1],
    ] as const) {
      it(`does not claim to know when the operator ${kind}`, async () => {
        await peer.behave({ kind })
        const one = message()
        const result = await submit([one])
        assert.deepEqual(kindsOf(result, 1), ['unknown'])
        assert.ok(isFailure(result))
        assert.equal(await peer.taken(one), taken)
      })
    }

    it('ends by itself when the operator hangs, and does not claim to know', async () => {
      const alone = await openConnected(1)
      try {
        await alone.behave({ kind: 'hangs' })
        const one = message()
        const result = await alone.adapter.submit([one], SHORT_MS)
        assert.deepEqual(kindsOf(result, 1), ['unknown'])
        assert.ok(isFailure(result))
        await eventually('the operator has it', async () => (await alone.taken(one)) > 0)
        assert.equal(await alone.taken(one), 1)
      } finally {
        await alone.close()
      }
    })

    it('works on after whatever befell a call, and never repeats it by itself', async () => {
      // After a cut an adapter may open a connection for each call: the short one comes before that.
      const moods = [{ kind: 'hangs' }, { kind: 'cuts-after' }] as const
      const unreadable = subject.unreadable.map((how) => ({ kind: 'unreadable', how }) as const)
      const alone = await openConnected(CALLS_IN_FLIGHT_MAX)
      try {
        for (const mood of [...moods, ...unreadable]) {
          await alone.behave(mood)
          const one = message()
          await alone.adapter.submit([one], mood.kind === 'hangs' ? SHORT_MS : TIMEOUT_MS)
          await eventually('the operator has it', async () => (await alone.taken(one)) > 0)
          await alone.behave({ kind: 'good' })
          assert.deepEqual(kindsOf(await alone.adapter.submit([message()], TIMEOUT_MS), 1), ['accepted'])
          assert.equal(await alone.taken(one), 1, JSON.stringify(mood))
        }
      } finally {
        await alone.close()
      }
    })

    it('keeps calls that run side by side apart', async () => {
      const batches = Array.from({ length: 20 }, (_, at) => messages(1 + (at % peer.adapter.batchSizeMax)))
      const results = await Promise.all(batches.map((batch) => submit(batch)))
      results.forEach((result, at) => assert.equal(acceptedIn(result).length, batches[at]?.length))
      for (const batch of batches) assert.deepEqual(await takenOf(batch), each(batch, 1))
    })

    it('makes no more calls at once than it may, and makes those that waited', async () => {
      const alone = await subject.open(3)
      try {
        await alone.behave({ kind: 'slow' })
        const batches = Array.from({ length: 12 }, () => messages(1))
        const results = await Promise.all(batches.map((batch) => alone.adapter.submit(batch, TIMEOUT_MS)))
        for (const result of results) assert.deepEqual(kindsOf(result, 1), ['accepted'])
        assert.equal(await alone.callsPeak(), 3)
      } finally {
        await alone.close()
      }
    })

    it('never makes a call whose time ran out before it could begin, and says so', async () => {
      const alone = await subject.open(1)
      try {
        await alone.behave({ kind: 'hangs' })
        const first = alone.adapter.submit([message()], 3_000)
        await eventually('the first call has come', async () => (await alone.calls()) === 1)
        const waiting = message()
        assert.deepEqual(kindsOf(await alone.adapter.submit([waiting], 100), 1), ['unavailable'])
        assert.deepEqual(kindsOf(await first, 1), ['unknown'])
        assert.equal(await alone.taken(waiting), 0)
      } finally {
        await alone.close()
      }
    })

    itIf('forgets-idle')(
      'leaves at most one message unknown at an operator that closes idle connections',
      async () => {
        const alone = await subject.open(1)
        try {
          await alone.behave({ kind: 'forgets-idle' })
          const batches = Array.from({ length: 50 }, () => messages(1))
          const kinds: string[] = []
          for (const batch of batches)
            kinds.push(...kindsOf(await alone.adapter.submit(batch, TIMEOUT_MS), 1))
          assert.ok(kinds.every((kind) => ['accepted', 'unavailable', 'unknown'].includes(kind)))
          assert.ok(kinds.filter((kind) => kind === 'unknown').length <= 1, kinds.join(' '))
          for (const [at, batch] of batches.entries())
            if (kinds[at] === 'unavailable') assert.deepEqual(await takenOf(batch), [0])
        } finally {
          await alone.close()
        }
      },
    )

    it('calls an operator that cannot be reached unavailable, and finds it again when it is back', async () => {
      await peer.leave()
      const result = await submit([message()])
      assert.deepEqual(kindsOf(result, 1), ['unavailable'])
      assert.ok(isFailure(result))
      await peer.comeBack()
      assert.deepEqual(kindsOf(await submit([message()]), 1), ['accepted'])
    })

    it('never throws, whatever it is given', async () => {
      const odd = { ...message('\ud800 \u0000 lone'), from: '\udc00 \r\nX-Injected: 1' }
      for (const result of [await submit([odd]), await submit([message()], 0), await submit([message()], 1)])
        assert.equal(typeof resultOf(result, 0, 1).kind, 'string')
    })

    it('is unavailable once it is closed, and lets what is in flight end before that', async () => {
      const closing = await subject.open(2)
      await closing.behave({ kind: 'slow' })
      const inFlight = closing.adapter.submit([message()], TIMEOUT_MS)
      await closing.adapter.close()
      assert.deepEqual(kindsOf(await inFlight, 1), ['accepted'])
      assert.deepEqual(kindsOf(await closing.adapter.submit([message()], TIMEOUT_MS), 1), ['unavailable'])
      await closing.close()
    })

    it('ends a call in flight that is never answered when it is closed, within its time', async () => {
      const closing = await openConnected(2)
      await closing.behave({ kind: 'hangs' })
      const hanging = closing.adapter.submit([message()], SHORT_MS)
      await closing.adapter.close()
      assert.deepEqual(kindsOf(await hanging, 1), ['unknown'])
      await closing.close()
    })
  })
}
