import { returnPrices } from '../../src/delivery/returnPrices.ts'
import { closeDb, transact } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { foldOnce, recompute } from '../../src/reports/index.ts'
import assert from 'node:assert/strict'
import { fund, sendOne } from '../support/arrange.ts'
import { openInThePast } from '../support/inThePast.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { assertExact, foldAll } from './recount.ts'
import { allOf, settle } from './settle.ts'
import type { Ending } from './settle.ts'

const RETURNED = 'returned'
type Event = Ending | typeof RETURNED
const RECIPIENTS = 12

describe('the fold of what is given back', () => {
  let stack: Stack
  let db: Db
  let past: Db
  beforeEach(async () => {
    stack = await freshStack()
    db = stack.db
    past = await openInThePast(stack.databaseUrl, 3_600)
    await fund(db, 1, 1_000_000)
  })
  afterEach(async () => {
    await closeDb(past)
    await stack.drop()
  })

  /** The first recipient keeps its price. */
  const returnAll = (smsIdentifier: string) =>
    transact(db, 'test.return', (tx) =>
      returnPrices(
        tx,
        Array.from({ length: RECIPIENTS }, (_, index) => ({
          ...{ userId: 1, smsIdentifier, recipientNo: index + 1 },
          ...{ type: 'compensation' as const, reason: 'a test' },
        })),
        { isDue: ({ recipientNo }) => recipientNo > 1, waits: true },
      ),
    )
  const happen = async (id: string, event: Event) =>
    event === RETURNED ? void (await returnAll(id)) : settle(db, allOf(id, RECIPIENTS), event)

  const ORDERS: Event[][] = [
    [RETURNED],
    ['done', RETURNED],
    [RETURNED, 'done'],
    ['done', 'delivered', RETURNED],
    ['done', RETURNED, 'delivered'],
    [RETURNED, 'done', 'undelivered'],
    [RETURNED, 'failed'],
    [RETURNED, 'cancelled'],
    ['quarantined', RETURNED, 'failed'],
  ]
  for (const events of ORDERS) {
    const what = events.join(', then ')
    it(`is exact when it counts after each of: ${what}`, async () => {
      const id = await sendOne(past, { userId: 1, to: RECIPIENTS })
      await foldAll(db)
      for (const event of events) {
        await happen(id, event)
        await foldAll(db)
        await assertExact(db)
      }
    })

    it(`is exact when all waited together, and it takes one at once: ${what}`, async () => {
      const id = await sendOne(past, { userId: 1, to: RECIPIENTS })
      await foldAll(db)
      for (const event of events) await happen(id, event)
      await foldAll(db, { changesMax: 1 })
      await assertExact(db)
    })

    it(`needs no correction by a recount while changes wait: ${what}`, async () => {
      const id = await sendOne(past, { userId: 1, to: RECIPIENTS })
      await foldAll(db)
      for (const event of events) await happen(id, event)
      await foldOnce(db, { changesMax: 5 })
      const range = { fromMs: Date.now() - 7_200_000, toMs: Date.now() }
      assert.equal((await recompute(db, range)).corrected, 0)
      await foldAll(db)
      await assertExact(db)
    })
  }

  it('counts a recipient that was given back before it was counted', async () => {
    const id = await sendOne(past, { userId: 1, to: RECIPIENTS })
    await happen(id, 'done')
    await happen(id, RETURNED)
    await foldAll(db)
    await assertExact(db)
  })
})
