import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { Unavailable } from '../../src/primitives/unavailable.ts'
import { openReceiptStore } from '../../src/receipts/index.ts'
import type { ReceiptEvents, StoreReceipts } from '../../src/receipts/index.ts'
import { look, newIdOf } from '../support/arrange.ts'
import { openTriggers } from '../delivery/triggers.ts'
import type { Triggers } from '../delivery/triggers.ts'
import { freshStack, privateServers } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'

describe('storing receipts', () => {
  let stack: Stack
  let triggers: Triggers
  let store: StoreReceipts
  let woken: number
  beforeEach(async function () {
    triggers = openTriggers(privateServers(this).databaseAdminUrl)
    stack = await freshStack()
    woken = 0
    const events: ReceiptEvents = {
      ...{ stored: () => {}, refused: () => {}, applied: () => {}, applyFailed: () => {} },
      ...{ setAside: () => {}, orphansRemoved: () => {}, lateNotStored: () => {} },
    }
    store = openReceiptStore({ db: stack.db, newId: newIdOf(stack.db), events, onStored: () => woken++ })
  })
  afterEach(async () => {
    await triggers.dropAll()
    await stack.drop()
  })

  const rows = () =>
    look(
      stack.db,
      sql<{ operator: string; raw: Buffer; state: string; is_due: number }>`
        SELECT operator, raw, state, due_at <= NOW(3) AS is_due FROM waiting_receipts ORDER BY id`,
    )
  const receipt = (raw: string, operator = 'a') => ({
    operator,
    protocol: 'chapar-http',
    raw: Buffer.from(raw),
  })

  it('resolves when they are committed, as they came and due at once', async () => {
    await store(receipt('anything \u0000 at all'))
    const [row, ...others] = await rows()
    assert.deepEqual(
      [row?.operator, row?.raw.toString(), row?.state, row?.is_due, others],
      ['a', 'anything \u0000 at all', 'waiting', 1, []],
    )
    assert.equal(woken, 1)
  })

  it('stores many at once, each once and in order', async () => {
    const raws = Array.from({ length: 2_500 }, (_, index) => `receipt ${index}`)
    await Promise.all(raws.map((raw) => store(receipt(raw))))
    assert.deepEqual(
      (await rows()).map(({ raw }) => raw.toString()),
      raws,
    )
  })

  it('rejects what the database did not store, and stores the next', async () => {
    await triggers.refuse('waiting_receipts', 'INSERT', "NEW.operator = 'b'")
    await assert.rejects(store(receipt('x', 'b')))
    assert.deepEqual([await rows(), woken], [[], 0])
    await store(receipt('y'))
    assert.equal((await rows()).length, 1)
  })

  it('refuses what exceeds the memory for waiting ones, so that the operator sends it again', async () => {
    const large = Buffer.alloc(1_048_576, 'x')
    const results = await Promise.allSettled(
      Array.from({ length: 60 }, () => store({ operator: 'a', protocol: 'chapar-http', raw: large })),
    )
    const refused = results.filter(({ status }) => status === 'rejected')
    assert.ok(refused.length > 0)
    for (const each of refused) assert.ok(each.status === 'rejected' && each.reason instanceof Unavailable)
    assert.equal((await rows()).length, results.length - refused.length)
  })
})
