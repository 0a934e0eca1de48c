import assert from 'node:assert/strict'
import { openRecord } from '../../chaos/clients/record.ts'
import type { ClientRecord, Sent } from '../../chaos/clients/record.ts'
import { compareClients } from '../../chaos/proof/compareClients.ts'
import { topUp } from '../../src/ledger/index.ts'
import { fund, newIdOf, sendOne } from '../support/arrange.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'

describe('answers that clients got compared with the tables', () => {
  let stack: Stack
  let record: ClientRecord
  beforeEach(async () => {
    stack = await freshStack()
    await fund(stack.db, 1, 1_000)
    record = openRecord()
  })
  afterEach(() => stack.drop())

  const told = (mark: string, changes: Partial<Sent> = {}) =>
    record.sent.push({
      ...{ mark, customer: 1, type: 'normal', recipients: 1, firstNumber: 1 },
      ...{ answered: 'accepted', label: '' },
      ...changes,
    })
  const send = (mark: string, to = 1) => sendOne(stack.db, { userId: 1, to, text: `[${mark}] hello` })
  const findings = async () => {
    const found = await compareClients(stack.db, record)
    return Object.fromEntries(Object.entries(found).map(([kind, lines]) => [kind, lines.length]))
  }
  const NONE = { lost: 0, doubleCharges: 0, chargedThoughRefused: 0, unrequested: 0 }

  it('agrees when accepted ones are there, refused ones are not, and unknown ones are either', async () => {
    await send('a')
    await send('b', 3)
    told('a')
    told('b', { recipients: 3, answered: 'unknown' })
    told('c', { answered: 'unknown' })
    told('d', { answered: 'refused' })
    assert.deepEqual(await findings(), NONE)
  })

  const cases: [string, () => Promise<unknown>, Partial<typeof NONE>][] = [
    ['finds what was accepted and is not there', () => Promise.resolve(told('a')), { lost: 1 }],
    [
      'finds what is there twice',
      async () => {
        await send('a')
        await send('a')
        told('a')
      },
      { doubleCharges: 1 },
    ],
    [
      'finds what was refused and is there',
      async () => {
        await send('a')
        told('a', { answered: 'refused' })
      },
      { chargedThoughRefused: 1 },
    ],
    ['finds what was not requested', () => send('a'), { unrequested: 1 }],
    [
      'finds what is there for fewer recipients than were requested, and so for another price',
      async () => {
        await send('a', 2)
        told('a', { recipients: 3 })
      },
      { doubleCharges: 1, unrequested: 1 },
    ],
    [
      'finds what is there under another name than was answered',
      async () => {
        await send('a')
        told('a', { smsIdentifier: '01a1fdd7-ed8e-7260-96e0-d7fe1f915137' })
      },
      { lost: 1 },
    ],
  ]
  for (const [what, arrange, expected] of cases) {
    it(what, async () => {
      await arrange()
      assert.deepEqual(await findings(), { ...NONE, ...expected })
    })
  }

  it('finds a top-up that was accepted and is not there, and one that was refused and is', async () => {
    await topUp(stack.db, { userId: 2, amount: 70, description: '[t1] top-up' }, newIdOf(stack.db)())
    record.toppedUp.push(
      { mark: 't0', customer: 2, amount: 5, answered: 'accepted' },
      { mark: 't1', customer: 2, amount: 70, answered: 'refused' },
    )
    assert.deepEqual(await findings(), { ...NONE, lost: 1, chargedThoughRefused: 1 })
  })
})
