import assert from 'node:assert/strict'
import { explainTaken } from '../../../chaos/records/explainTaken.ts'
import type { ComparedRow } from '../../../chaos/records/explainTaken.ts'

const DONE: ComparedRow = {
  ...{ id: Buffer.alloc(16), recipient_no: 1, type: 'normal', status: 'done' },
  ...{ possibly_sent: 0, possible_duplicate: 0, on_unknown: null },
}
const MARKED = { possibly_sent: 1, possible_duplicate: 1 }

describe('what follows for a recipient from how often operators took it', () => {
  const cases: [string, Partial<ComparedRow>, number, string[]][] = [
    ['nothing when it was not taken', { status: 'failed' }, 0, []],
    ['nothing when it is done and was taken once', {}, 1, []],
    ['a violation when it failed without a mark', { status: 'failed' }, 1, ['sent']],
    ['nothing when it failed with an unknown result', { status: 'failed', ...MARKED }, 1, []],
    ['a violation when it was cancelled', { status: 'cancelled', ...MARKED }, 1, ['sent']],
    ['a violation when it was taken twice without a mark', {}, 2, ['duplicate']],
    ['nothing when a normal one was taken three times, marked', MARKED, 3, []],
    ['a violation when one that is held was taken twice', { ...MARKED, on_unknown: 'hold' }, 2, ['held']],
    ['nothing when one that is held was taken once', { on_unknown: 'hold' }, 1, []],
    ['a violation when a normal one was taken four times', MARKED, 4, ['repeated']],
    [
      'a violation when an express one was taken three times',
      { ...MARKED, type: 'express' },
      3,
      ['repeated'],
    ],
  ]
  for (const [what, changes, times, rules] of cases) {
    it(`is ${what}`, () => {
      const found = explainTaken({ ...DONE, ...changes }, times).map(([rule]) => rule)
      assert.deepEqual(found, rules)
    })
  }
})
