import assert from 'node:assert/strict'
import { mayRepeat } from '../../src/delivery/unknown/mayRepeat.ts'
import type { MessageClass } from '../../src/primitives/messageClass.ts'
import type { OnUnknown } from '../../src/primitives/onUnknown.ts'

const PLAIN = { name: 'plain', deduplicatesReferences: false }
const ONCE = { name: 'once', deduplicatesReferences: true }

describe('whether a message that an operator may have is submitted again', () => {
  const cases: [OnUnknown | null, MessageClass, (typeof PLAIN | undefined)[], unknown][] = [
    ['hold', 'normal', [ONCE], 'never'],
    ['hold', 'express', [ONCE], 'never'],
    ['retry', 'normal', [PLAIN, undefined], 'anywhere'],
    ['retry', 'normal', [ONCE], 'anywhere'],
    [null, 'express', [PLAIN], 'anywhere'],
    [null, 'normal', [PLAIN], 'never'],
    [null, 'normal', [ONCE], { onlyAt: 'once' }],
    [null, 'normal', [ONCE, PLAIN], 'never'],
    [null, 'normal', [ONCE, undefined], 'never'],
    [null, 'normal', [undefined], 'never'],
  ]
  for (const [onUnknown, type, mayHave, wanted] of cases)
    it(`${onUnknown ?? 'default'}, ${type}, at ${mayHave.map((each) => each?.name ?? 'another').join(' or ')}`, () => {
      assert.deepEqual(mayRepeat({ onUnknown }, type, mayHave), wanted)
    })
})
