import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { newestRecipients, newestReferences, SLICE_ROWS } from '../../src/ops/search/lookBack.ts'
import { search } from '../../src/ops/search/search.ts'
import { identifierFromBytes, identifierToBytes, madeAtMs } from '../../src/primitives/identifier.ts'
import { explain } from '../support/explain.ts'
import { look } from '../support/arrange.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'

const SOUGHT = '+989120000001'
/** No slice ends where a message does. */
const RECIPIENTS = 7_000
const MESSAGES = 7
const START_MS = Date.parse('2026-01-19T08:00:00Z')
const MINUTE_MS = 60_000

/** Message n was accepted in minute n. */
function identifierOf(n: number, fill = '0'): string {
  const hex = (START_MS + n * MINUTE_MS).toString(16).padStart(12, '0')
  return identifierFromBytes(Buffer.from(`${hex}7000a000`.padEnd(32, fill), 'hex'))
}

describe('the search for a number', function () {
  this.timeout(120_000)
  let stack: Stack
  before(async () => {
    stack = await freshStack()
    for (let n = 0; n < MESSAGES; n++) await insert(n)
  })
  after(() => stack.drop())

  /** The first recipient and the last one have the number. */
  async function insert(n: number): Promise<void> {
    const id = identifierToBytes(identifierOf(n))
    await look(
      stack.db,
      sql`INSERT INTO sms_requests (sms_identifier, user_id, type, text, recipients, created_at)
        VALUES (${id}, 1, 'normal', 'x', ${RECIPIENTS}, NOW(3))`,
    )
    await look(
      stack.db,
      sql`INSERT INTO sms_status (sms_identifier, recipient_no, user_id, recipient, status, price, created_at, updated_at)
        WITH digits AS (SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4
            UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9),
          numbers AS (SELECT 1 + a.d + 10 * b.d + 100 * c.d + 1000 * e.d AS no FROM digits a, digits b, digits c, digits e)
        SELECT ${id}, no, 1, IF(no IN (1, ${RECIPIENTS}), ${SOUGHT}, CONCAT('+98935', LPAD(no, 7, '0'))), 'done', 1,
               NOW(3), NOW(3)
        FROM numbers WHERE no <= ${RECIPIENTS}`,
    )
  }

  /** As the page does it: a busy machine looks through less at once. */
  async function findAll(text: string, start?: string): Promise<[string, number | null][]> {
    const found: [string, number | null][] = []
    let from = start
    do {
      const result = await search(stack.db, { text, from })
      found.push(
        ...result.found.map((each): [string, number | null] => [each.smsIdentifier, each.recipientNo]),
      )
      if (result.nextFrom === null) return found
      assert.notEqual(result.nextFrom, from)
      assert.equal(result.lookedBackTo?.getTime(), madeAtMs(result.nextFrom))
      from = result.nextFrom
    } while (found.length < 100)
    return found
  }

  const bothOf = (messages: number[]) =>
    messages.flatMap((n): [string, number][] => [
      [identifierOf(n), 1],
      [identifierOf(n), RECIPIENTS],
    ])

  it('finds each recipient once, in messages that slices cut in two as well', async () => {
    assert.ok(RECIPIENTS * MESSAGES > 2 * SLICE_ROWS)
    for (const text of [SOUGHT, SOUGHT.slice(1), '+98 912 000 0001'])
      assert.deepEqual((await findAll(text)).sort(), bothOf([0, 1, 2, 3, 4, 5, 6]).sort())
  })

  it('finds a national number where numbers are read in a region, and only there', async () => {
    const from = identifierOf(0, 'f')
    const find = async (text: string, region?: 'IR') => (await search(stack.db, { text, from, region })).found
    for (const text of ['09120000001', '0912 000 0001', '۰۹۱۲۰۰۰۰۰۰۱'])
      assert.deepEqual((await find(text, 'IR')).map(({ recipientNo, to }) => [recipientNo, to]).sort(), [
        [1, SOUGHT],
        [RECIPIENTS, SOUGHT],
      ])
    assert.deepEqual(await find('09120000001'), [])
    assert.equal((await find(SOUGHT, 'IR')).length, 2)
  })

  it('looks back from where it is told to', async () => {
    assert.deepEqual((await findAll(SOUGHT, identifierOf(2, 'f'))).sort(), bothOf([0, 1, 2]).sort())
  })

  it('says how far it has looked, and that it is at the end', async () => {
    const { found, nextFrom, lookedBackTo } = await search(stack.db, {
      text: '+989129999999',
      from: identifierOf(0, 'f'),
    })
    assert.deepEqual([found, nextFrom, lookedBackTo?.getTime()], [[], null, START_MS])
    const nothing = await search(stack.db, { text: 'order-1' })
    assert.deepEqual(nothing, { found: [], nextFrom: null, lookedBackTo: null })
  })

  it('reads each slice backwards by the key, without a sort', async () => {
    await look(stack.db, sql`ANALYZE TABLE sms_status, message_references`)
    for (const newest of [newestRecipients, newestReferences])
      for (const n of [2, MESSAGES]) {
        const plan = await explain(stack.db, newest(identifierToBytes(identifierOf(n))))
        const text = JSON.stringify(plan)
        assert.equal(plan.length, 1, text)
        assert.equal(plan[0]?.key, 'PRIMARY', text)
        assert.match(plan[0]?.type ?? '', /^(range|index)$/, text)
        assert.doesNotMatch(plan[0]?.Extra ?? '', /filesort|temporary/, text)
      }
  })
})
