import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { listMisses } from '../../src/deadlines/index.ts'
import { readOldestRanges } from '../../src/outbox/index.ts'
import { read } from '../../src/platform/db/index.ts'
import { look } from '../support/arrange.ts'
import { privateServers } from '../support/servers.ts'
import { CUSTOMER, openBench, openDelivery } from './bench.ts'
import type { Bench } from './bench.ts'
import { testOperator } from './operators.ts'
import { openTriggers } from './triggers.ts'

const DAY_MS = 86_400_000

describe('a recipient whose guarantee is over', () => {
  let bench: Bench
  beforeEach(async () => (bench = await openBench()))
  afterEach(() => bench.close())

  const acceptOverdue = async () => {
    await bench.accept({ type: 'express', guaranteedWithinMs: 3_600_000 })
    await look(bench.db, sql`UPDATE sms_requests SET guaranteed_by = NOW(3) - INTERVAL 5 SECOND`)
  }
  const overdueOf = async (userId: number | undefined) => {
    const nowMs = Date.now()
    const range = { fromMs: nowMs - DAY_MS, untilMs: nowMs + DAY_MS, limit: 10 }
    return (await listMisses(bench.db, { userId, ...range })).overdue
  }

  it('is overdue for its customer and for all customers while it is quarantined', async function () {
    const triggers = openTriggers(privateServers(this).databaseAdminUrl)
    await acceptOverdue()
    await triggers.refuse('sms_status', 'UPDATE', "NEW.status = 'done'")
    await openDelivery(bench.db, [testOperator('a')]).deliver(await bench.envelope('express'))
    await triggers.dropAll()
    assert.deepEqual([(await bench.quarantined()).length, await bench.outbox()], [1, []])
    for (const userId of [CUSTOMER, undefined])
      assert.deepEqual(await overdueOf(userId), { recipients: 1, isLeast: false })
  })

  it('may be one more than was counted where an outbox row cannot be read', async () => {
    await acceptOverdue()
    await look(bench.db, sql`UPDATE outbox_events SET payload = '{"of":"a newer version"}'`)
    assert.deepEqual(await overdueOf(undefined), { recipients: 0, isLeast: true })
  })

  it('may be in outbox rows beyond those that were looked at, readable or not', async () => {
    const looked = (rowsMax: number) =>
      read(bench.db, 'test.oldest', (reader) => readOldestRanges(reader, 'express', rowsMax))
    for (let i = 0; i < 2; i++) await acceptOverdue()
    assert.deepEqual([(await looked(2)).isAll, (await looked(3)).isAll], [false, true])
    assert.equal((await looked(3)).ranges.length, 2)
    await look(bench.db, sql`UPDATE outbox_events SET payload = '{"of":"a newer version"}'`)
    assert.deepEqual(await looked(2), { ranges: [], isAll: false })
  })
})
