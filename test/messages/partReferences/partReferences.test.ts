import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { openPartReferences } from '../../../src/messages/index.ts'
import { removeOldReferences } from '../../../src/messages/partReferences/removeReferences.ts'
import type { References } from '../../../src/operators/index.ts'
import { closeDb, openDb } from '../../../src/platform/db/index.ts'
import type { Db } from '../../../src/platform/db/index.ts'
import { identifierToBytes } from '../../../src/primitives/identifier.ts'
import { fund, look, offer } from '../../support/arrange.ts'
import { eventually } from '../../support/eventually.ts'
import { freshStack } from '../../support/servers.ts'
import type { Stack } from '../../support/servers.ts'

const USER = 1
const NUMBER = '+989121234567'

describe('the references of parts in the database', () => {
  let stack: Stack
  let db: Db
  let references: References
  beforeEach(async () => {
    stack = await freshStack()
    db = stack.db
    references = openPartReferences(db)
    await fund(db, USER, 10_000)
  })
  const opened: Db[] = []
  afterEach(async () => {
    await Promise.all(opened.splice(0).map(closeDb))
    await stack.drop()
  })

  const open = (url: string, observe?: (operation: string) => void) => {
    const another = openDb({ url, maxOpenConns: 4, maxIdleConns: 4, connMaxLifetimeSeconds: 60 }, observe)
    opened.push(another)
    return another
  }

  /** Accepted messages to one number, as operators know them. */
  const messages = async (count: number, to = NUMBER) => {
    const decisions = await offer(db, ...Array.from({ length: count }, () => ({ userId: USER, to: [to] })))
    return decisions.map((decision) => {
      assert.ok(decision.kind === 'accepted')
      return { reference: `${decision.smsIdentifier}:1`, to }
    })
  }
  const message = async (to = NUMBER) => {
    const [one] = await messages(1, to)
    assert.ok(one)
    return one
  }
  const valueOf = async (one: { reference: string; to: string }, from = references) =>
    (await from.open(one))?.value
  const finish = (reference: string) =>
    look(
      db,
      sql`UPDATE sms_status SET status = 'failed'
        WHERE sms_identifier = ${identifierToBytes(reference.split(':')[0] ?? '')}`,
    )
  const count = async (table: 'part_references' | 'part_reference_counters') =>
    (await look(db, sql<{ n: number }>`SELECT COUNT(*) AS n FROM ${sql.table(table)}`))[0]?.n

  it('are never shared by open messages to one number, whichever processes ask at once', async () => {
    const all = await messages(120)
    const processes = [openPartReferences(db), openPartReferences(db), openPartReferences(db)]
    const values = await Promise.all(
      all.map((each, at) => valueOf({ ...each, to: at % 2 ? NUMBER : NUMBER.slice(1) }, processes[at % 3])),
    )
    // At an operator with eight bits as well.
    assert.equal(new Set(values.map((value) => (value ?? NaN) & 0xff)).size, 120)
  })

  it('stay with their message, whoever asks for it', async () => {
    const one = await message()
    const value = await valueOf(one)
    await valueOf(await message())
    assert.equal(await valueOf(one, openPartReferences(db)), value)
    assert.deepEqual(await Promise.all([valueOf(one), valueOf(one)]), [value, value])
    assert.equal(await count('part_references'), 2)
  })

  it('are counted for each number, and go on when none is open', async () => {
    const first = await references.open(await message())
    assert.ok(first)
    first.release()
    await eventually('it is released', async () => (await count('part_references')) === 0)
    assert.equal(await valueOf(await message()), (first.value + 1) % 65_536)
  })

  it('are all taken when 256 messages are open, until one of them is finished', async () => {
    const all = await messages(256)
    const values = await Promise.all(all.map((each) => valueOf(each)))
    assert.equal(new Set(values.map((value) => (value ?? NaN) & 0xff)).size, 256)
    const next = await message()
    assert.equal(await valueOf(next), undefined)
    assert.notEqual(await valueOf(await message('+989120000001')), undefined)
    const [first] = all
    assert.ok(first)
    await finish(first.reference)
    assert.equal(((await valueOf(next)) ?? NaN) & 0xff, (values[0] ?? NaN) & 0xff)
  }).timeout(60_000)

  it('cost one transaction for the messages of a call', async () => {
    const all = [...(await messages(5)), ...(await messages(5, '+989120000001'))]
    let transactions = 0
    const counted = open(stack.databaseUrl, (operation) => {
      if (operation === 'messages.give_references') transactions++
    })
    const counting = openPartReferences(counted)
    await Promise.all(all.map((each) => valueOf(each, counting)))
    assert.equal(transactions, 1)
  })

  it('are refused while the database cannot be reached', async () => {
    const away = openPartReferences(open('mysql://nobody:@127.0.0.1:1/none'))
    await assert.rejects(away.open(await message()))
  })

  it('are removed by age, with the counters', async () => {
    await valueOf(await message())
    await valueOf(await message('+989120000001'))
    assert.equal(await removeOldReferences(db), 0)
    await look(
      db,
      sql`UPDATE part_references SET created_at = created_at - INTERVAL 9 DAY WHERE recipient = '989120000001'`,
    )
    await look(
      db,
      sql`UPDATE part_reference_counters SET used_at = used_at - INTERVAL 9 DAY WHERE recipient = '989120000001'`,
    )
    assert.equal(await removeOldReferences(db), 2)
    assert.deepEqual([await count('part_references'), await count('part_reference_counters')], [1, 1])
  })
})
