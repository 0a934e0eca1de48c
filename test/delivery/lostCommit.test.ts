import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { closeDb, openDb } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { SILENT } from './operators.ts'
import { look } from '../support/arrange.ts'
import { loseCommit } from '../support/loseCommit.ts'
import type { LostPart } from '../support/loseCommit.ts'
import { openTcpProxy } from '../../dev/tcpProxy.ts'
import type { TcpProxy } from '../../dev/tcpProxy.ts'
import { DEPOSIT, openBench, openDelivery } from './bench.ts'
import type { Bench } from './bench.ts'
import { accepts, answers, testOperator } from './operators.ts'

describe('a delivery that loses a COMMIT on the way to the database or back', () => {
  let bench: Bench
  let proxy: TcpProxy
  let db: Db
  beforeEach(async () => {
    bench = await openBench()
    proxy = await openTcpProxy(bench.db.settings.url)
    db = openDb({ ...bench.db.settings, url: proxy.url })
  })
  afterEach(async () => {
    await bench.assertBooksBalance()
    await closeDb(db)
    await proxy.close()
    await bench.close()
  })

  for (const part of ['request', 'answer'] as LostPart[]) {
    it(`of the claim (the ${part}), claims again as the same owner and sends once`, async () => {
      const id = await bench.accept({ count: 3 })
      const envelope = await bench.envelope()
      const lost = loseCommit(proxy, part)
      const a = testOperator('a')
      const { deliver, reported } = openDelivery(db, [a])
      await deliver(envelope)
      assert.equal(lost.count(), 1)
      assert.deepEqual([a.calls.length, reported.settled.length, reported.possibleDuplicates], [1, 3, 0])
      assert.ok((await bench.rows(id)).every((row) => row.status === 'done' && !row.possibleDuplicate))
      assert.deepEqual(await bench.outbox(), [])
    })

    it(`of the marks (the ${part}), asks again only when they are there`, async () => {
      const id = await bench.accept({ type: 'express' })
      const envelope = await bench.envelope('express')
      let marked = false
      const a = testOperator('a', () => {
        loseCommit(proxy, part)
        return SILENT
      })
      const b = testOperator('b', async (batch) => {
        marked = (await bench.row(id)).possibleDuplicate
        return accepts(batch)
      })
      // Express: the second try is at the next operator.
      await openDelivery(db, [a, b]).deliver(envelope)
      const { status, unconfirmed } = await bench.row(id)
      assert.deepEqual([marked, status, unconfirmed], [true, 'done', 2])
    })

    it(`of the settlement (the ${part}), counts and refunds once`, async () => {
      const id = await bench.accept({ count: 4 })
      const envelope = await bench.envelope()
      let losing = { count: () => 0 }
      const a = testOperator('a', (batch) => {
        losing = loseCommit(proxy, part)
        return answers(batch, ({ reference }) =>
          Number(reference.split(':')[1]) <= 2
            ? { kind: 'rejected', reason: 'no such number' }
            : { kind: 'accepted', operatorMessageId: reference },
        )
      })
      const { deliver, reported } = openDelivery(db, [a])
      await deliver(envelope)
      assert.equal(losing.count(), 1)
      assert.deepEqual(reported.settled.toSorted(), ['done', 'done', 'failed', 'failed'])
      assert.deepEqual([reported.stale, reported.failures], [[], []])
      assert.deepEqual(
        (await bench.rows(id)).map(({ status }) => status),
        ['failed', 'failed', 'done', 'done'],
      )
      assert.equal((await look(bench.db, sql`SELECT 1 FROM delivery_attempts`)).length, 2)
      assert.equal((await bench.refunds()).length, 2)
      assert.equal(await bench.balance(), DEPOSIT - 2)
      assert.deepEqual(await bench.outbox(), [])
    })

    it(`of the release (the ${part}), waits in the outbox once and reports nothing stale`, async () => {
      const id = await bench.accept()
      const envelope = await bench.envelope()
      const a = testOperator('a', (batch) => {
        loseCommit(proxy, part)
        return answers(batch, () => ({ kind: 'unavailable', reason: 'not now' }))
      })
      const { deliver, reported } = openDelivery(db, [a])
      await deliver(envelope)
      assert.deepEqual([reported.settled, reported.stale, reported.failures], [['released'], [], []])
      const row = await bench.row(id)
      assert.deepEqual([row.status, row.retrying], ['pending', true])
      assert.equal((await bench.outbox()).length, 1)
    })
  }
})
