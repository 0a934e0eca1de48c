import assert from 'node:assert/strict'
import { openRecord } from '../../chaos/clients/record.ts'
import type { Sent } from '../../chaos/clients/record.ts'
import { compareRefusals } from '../../chaos/proof/compareRefusals.ts'

describe('a refusal for insufficient balance', () => {
  const SENT = { customer: 1, type: 'normal', firstNumber: 1 } as const
  const accepted = (mark: string, recipients: number): Sent => ({
    ...SENT,
    ...{ mark, recipients, answered: 'accepted', label: '200' },
  })
  const refused = (mark: string, label: string): Sent => ({
    ...SENT,
    ...{ mark, recipients: 5, answered: 'refused', label },
  })

  it('is wrong if everything that the customer requested was covered, and only then', () => {
    const sent = [accepted('a', 4), refused('b', '402 insufficient_balance'), refused('c', '503 overloaded')]
    const record = { ...openRecord(), sent }
    assert.deepEqual(compareRefusals(record, new Map([[1, 14]])).length, 1)
    assert.deepEqual(compareRefusals(record, new Map([[1, 13]])), [])
    assert.deepEqual(compareRefusals({ ...record, sent: [accepted('a', 4)] }, new Map([[1, 14]])), [])
  })

  it('counts an express message at its price', () => {
    const sent: Sent[] = [{ ...accepted('a', 4), type: 'express' }, refused('b', '402 insufficient_balance')]
    const record = { ...openRecord(), sent }
    assert.equal(compareRefusals(record, new Map([[1, 17]])).length, 1)
    assert.equal(compareRefusals(record, new Map([[1, 16]])).length, 0)
  })
})
