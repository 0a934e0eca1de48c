import assert from 'node:assert/strict'
import { openRecord } from '../../chaos/clients/record.ts'
import type { Sent, SentBulk } from '../../chaos/clients/record.ts'
import { TARIFF_CUSTOMERS } from '../../chaos/customers.ts'
import { countWork } from '../../chaos/proof/countWork.ts'

const [DEAR = 0] = TARIFF_CUSTOMERS
const ONCE = { tries: 1, answers: [], firsts: 1 }
const TWICE = { ...ONCE, tries: 2 }
const sent = (changes: Partial<Sent>): Sent => ({
  ...{ mark: 'a', customer: 1, type: 'normal', recipients: 1, firstNumber: 1 },
  ...{ answered: 'accepted', label: '202', ...changes },
})
const refused = (label: string) => sent({ answered: 'refused', label })
const bulk = (messages: Sent[], changes: Partial<SentBulk> = {}): SentBulk => ({
  ...{ mark: 'b', customer: 1, isTest: false, isAllOrNothing: false, messages },
  ...{ answered: 'accepted', label: '202', reads: [], cancels: [], ...changes },
})

describe('what clients with keys came to', () => {
  it('counts refusals for a limit by request, and everything else as it was accepted', () => {
    const inBulk = [sent({}), refused('spend_limit'), refused('spend_limit')]
    const alone = [
      ...[refused('402 spend_limit'), refused('503 overloaded'), sent({ isTest: true, repeated: TWICE })],
      ...[sent({ customer: DEAR, repeated: ONCE }), sent({ customer: DEAR, answered: 'unknown' })],
    ]
    const toppedUp = { mark: 't', customer: 1, amount: 1, answered: 'accepted' as const }
    const record = {
      ...openRecord(),
      sent: [...alone, ...inBulk],
      bulks: [bulk(inBulk, { bulkId: 'b1', repeated: TWICE }), bulk([refused('503 overloaded')])],
      toppedUp: [toppedUp, { ...toppedUp, repeated: TWICE }],
    }
    assert.deepEqual(countWork(record), {
      ...{ repeated: 3, bulks: 1, testMessages: 1, tariffed: 1, spendRefusals: 2, keyedTopUps: 1 },
    })
  })
})
