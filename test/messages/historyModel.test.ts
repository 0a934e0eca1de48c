import assert from 'node:assert/strict'
import fc from 'fast-check'
import { sql } from 'kysely'
import type { SmsState } from '../../db/schema.ts'
import { readHistory } from '../../src/messages/index.ts'
import type { HistoryItem, HistoryPage, HistoryQuery } from '../../src/messages/types.ts'
import { claim } from '../../src/outbox/claim.ts'
import { findOpen } from '../../src/outbox/index.ts'
import { read } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { identifierToBytes } from '../../src/primitives/identifier.ts'
import { recipients } from '../support/api.ts'
import { fund, look, newIdOf, offer, sendOne } from '../support/arrange.ts'
import { emptyTables, freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'

const RUNS = 25
const STATES: SmsState[] = ['pending', 'sending', 'done', 'failed']

type Step =
  | { kind: 'send'; userId: number; to: number }
  /** What is due is merged into envelopes. */
  | { kind: 'claim' }
  /** Some recipients of the newest request so far come to a state: those whose number divides so. */
  | { kind: 'move'; status: SmsState; divisor: number; remainder: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('send' as const),
      userId: fc.constantFrom(1, 2),
      to: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 95, max: 205 })),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('claim' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('move' as const),
      status: fc.constantFrom(...STATES),
      divisor: fc.integer({ min: 1, max: 3 }),
      remainder: fc.integer({ min: 0, max: 2 }),
    }),
  },
)

interface Known {
  smsIdentifier: string
  recipient: string
  userId: number
  status: SmsState
}

const keyOf = ({ smsIdentifier, recipient, status }: Known | HistoryItem) =>
  `${smsIdentifier} ${recipient} ${status}`

describe('history under random pasts', () => {
  let stack: Stack
  let db: Db
  before(async () => {
    stack = await freshStack()
    db = stack.db
  })
  after(() => stack.drop())

  async function readAll(query: Omit<HistoryQuery, 'cursor'>): Promise<HistoryItem[]> {
    const items: HistoryItem[] = []
    let cursor: HistoryPage['nextCursor'] = null
    do {
      const page: HistoryPage = await readHistory(db, { ...query, cursor: cursor ?? undefined })
      assert.ok(page.items.length <= query.limit)
      items.push(...page.items)
      cursor = page.nextCursor
    } while (cursor)
    return items
  }

  /** Makes a past. @returns all recipients, newest first, as they stand. */
  async function make(steps: Step[]): Promise<Known[]> {
    await emptyTables(db)
    for (const userId of [1, 2]) await fund(db, userId, 1_000_000)
    const requests: Known[][] = []
    for (const each of steps) {
      if (each.kind === 'send') {
        const { userId, to } = each
        const smsIdentifier = await sendOne(db, { userId, to })
        const status = 'pending'
        requests.push(recipients(to).map((recipient) => ({ smsIdentifier, recipient, userId, status })))
      } else if (each.kind === 'claim') await claim(db, 'normal', 20, newIdOf(db))
      else if (requests.length > 0) await moveSome(requests.at(-1) ?? [], each)
    }
    return requests
      .map((request) => request.reverse())
      .reverse()
      .flat()
  }

  async function moveSome(
    request: Known[],
    { status, divisor, remainder }: Step & { kind: 'move' },
  ): Promise<void> {
    request.forEach((known, index) => {
      if ((index + 1) % divisor === remainder) known.status = status
    })
    await look(
      db,
      sql`UPDATE sms_status SET status = ${status}
        WHERE sms_identifier = ${identifierToBytes(request[0]?.smsIdentifier ?? '')}
          AND recipient_no % ${divisor} = ${remainder}`,
    )
  }

  it('shows each recipient of the customer once and newest first, for every filter and size of page', async () => {
    const pageSize = fc.integer({ min: 1, max: 250 })
    const status = fc.constantFrom(undefined, 'pending' as const, ...STATES)
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 20 }),
        fc.array(fc.tuple(status, pageSize), { minLength: 4, maxLength: 4 }),
        fc.nat(),
        async (steps, queries, choice) => {
          const known = (await make(steps)).filter(({ userId }) => userId === 1)
          const chosen = known[choice % known.length]?.smsIdentifier
          for (const [status, limit] of queries) {
            const wanted = known.filter((each) => status === undefined || each.status === status)
            const found = await readAll({ userId: 1, limit, status })
            assert.deepEqual(found.map(keyOf), wanted.map(keyOf))
            const ofOne = await readAll({ userId: 1, limit, status, smsIdentifier: chosen })
            assert.deepEqual(
              chosen === undefined ? [] : ofOne.map(keyOf),
              wanted.filter(({ smsIdentifier }) => smsIdentifier === chosen).map(keyOf),
            )
          }
        },
      ),
      { numRuns: RUNS },
    )
  })

  it('finds all open ones among more than one look sees, in rows of their own and in merged ones', async () => {
    await make([])
    const newId = newIdOf(db)
    const sendMany = (count: number) =>
      offer(db, ...Array.from({ length: count }, () => ({ userId: 1, to: 1 })))
    const ofOther = await sendOne(db, { userId: 2, to: 1 })
    await sendMany(300)
    await claim(db, 'normal', 20, newId)
    await sendMany(300)
    const found = await readAll({ userId: 1, limit: 70, status: 'pending' })
    const ids = found.map(({ smsIdentifier }) => smsIdentifier)
    assert.equal(new Set(ids).size, 600)
    assert.deepEqual(ids, [...ids].sort().reverse())
    assert.deepEqual(await readAll({ userId: 1, limit: 70, status: 'sending' }), [])
    // The other customer's stands in an envelope with these.
    assert.deepEqual(
      (await readAll({ userId: 2, limit: 70, status: 'pending' })).map(({ smsIdentifier }) => smsIdentifier),
      [ofOther],
    )
  })

  it('asks for no more of them at a time than it was told, however many a claim merged', async () => {
    await make([])
    await offer(db, ...Array.from({ length: 300 }, () => ({ userId: 1, to: 1 })))
    await claim(db, 'normal', 20, newIdOf(db))
    const { ranges, floor } = await read(db, 'test.open', (reader) =>
      findOpen(reader, { userId: 1, rowsMax: 50 }),
    )
    assert.equal(ranges.length, 50)
    assert.deepEqual(floor, ranges.at(-1))
  })
})
