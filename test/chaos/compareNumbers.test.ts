import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { numbersOf } from '../../chaos/clients/record.ts'
import type { Sent } from '../../chaos/clients/record.ts'
import { compareNumbers } from '../../chaos/proof/compareNumbers.ts'
import type { HandedOver } from '../../chaos/proof/compareNumbers.ts'
import { identifierToBytes } from '../../src/primitives/identifier.ts'
import { read } from '../../src/platform/db/index.ts'
import { fund, sendOne } from '../support/arrange.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'

describe('requested numbers compared with stored ones and with those that operators got', () => {
  let stack: Stack
  const SENT: Sent = {
    ...{ mark: 'a', customer: 1, type: 'normal', recipients: 3, firstNumber: 9_121_112_233 },
    ...{ answered: 'accepted', label: '200' },
  }
  let identifier: string
  beforeEach(async () => {
    stack = await freshStack()
    await fund(stack.db, 1, 1_000)
    identifier = await sendOne(stack.db, { userId: 1, to: numbersOf(SENT), text: '[a] hello' })
  })
  afterEach(() => stack.drop())

  const compare = (...handedOver: HandedOver[]) =>
    compareNumbers(
      stack.db,
      [SENT],
      [
        {
          async *submissions() {
            yield* await Promise.resolve(handedOver)
          },
        },
      ],
    )
  const change = (no: number, set: ReturnType<typeof sql>) =>
    read(stack.db, 'test.change', (reader) =>
      sql`UPDATE sms_status SET ${set} WHERE sms_identifier = ${identifierToBytes(identifier)} AND recipient_no = ${no}`.execute(
        reader,
      ),
    )

  it('agrees when each was stored and sent under the requested number', async () => {
    assert.deepEqual(await compare(), [])
    assert.deepEqual(await compare({ reference: `${identifier}:3`, to: '989121112235' }), [])
  })

  it('finds a recipient that was sent to in the place of another', async () => {
    const wrong = await compare(
      { reference: `${identifier}:1`, to: '989121112233' },
      { reference: `${identifier}:2`, to: '989121112235' },
    )
    assert.deepEqual(wrong.length, 1)
    assert.match(wrong.join(), /a, recipient 2 of .*: handed over for 989121112235/)
  })

  it('finds a recipient that is stored under another number, and one that is not stored at all', async () => {
    await change(2, sql`recipient = '989121112239'`)
    assert.match((await compare()).join(), /a, request .*: not stored for the requested/)
    await change(2, sql`recipient = '989121112234'`)
    assert.deepEqual(await compare(), [])
    await read(stack.db, 'test.delete', (reader) =>
      sql`DELETE FROM sms_status WHERE recipient_no = 3`.execute(reader),
    )
    assert.match((await compare()).join(), /a, request .*: not stored for the requested/)
  })
})
