import assert from 'node:assert/strict'
import { MalformedMutation, parseMutation } from '../../../dev/mutations/readMutations.ts'

const DIFF = `diff --git a/src/a.ts b/src/a.ts
--- a/src/a.ts
+++ b/src/a.ts
@@ -1 +1 @@
-a
+b
`
const HEADER = { breaks: 'a guard', invariant: '3, 4', 'caught by': 'test/a.test.ts, test/b.test.ts' }

function patch(header: Record<string, string>, diff = DIFF): string {
  const lines = Object.entries(header).map(([key, value]) => `${key}: ${value}\n`)
  return `${lines.join('')}\n${diff}`
}

describe('the header of a patch', () => {
  it('says what is broken, which invariants it keeps and which test files must catch it', () => {
    assert.deepEqual(parseMutation('/somewhere/a-guard.patch', patch(HEADER)), {
      name: 'a-guard',
      file: '/somewhere/a-guard.patch',
      breaks: 'a guard',
      invariants: [3, 4],
      caughtBy: ['test/a.test.ts', 'test/b.test.ts'],
      changes: ['src/a.ts'],
    })
  })

  for (const key of Object.keys(HEADER)) {
    it(`cannot lack "${key}"`, () => {
      const lacking = Object.fromEntries(Object.entries(HEADER).filter(([each]) => each !== key))
      assert.throws(() => parseMutation('x.patch', patch(lacking)), {
        constructor: MalformedMutation,
        message: `x.patch does not say "${key}: ..." before its diff`,
      })
    })
  }

  it('cannot name an invariant that there is not', () => {
    const wrong = { ...HEADER, invariant: '7' }
    assert.throws(() => parseMutation('x.patch', patch(wrong)), /names invariant 7; there are 1 to 6/)
  })

  it('is nothing without a diff', () => {
    assert.throws(() => parseMutation('x.patch', patch(HEADER, '')), /holds no diff/)
  })
})
