import assert from 'node:assert/strict'
import fc from 'fast-check'
import { createReferences } from '../../../../src/operators/smpp/text/references.ts'
import type { OpenReference } from '../../../../src/operators/smpp/text/references.ts'

const to = '98912'

describe('the reference of the parts of a message', () => {
  it('differs between all messages that are open to one number, however they are written', async () => {
    const references = createReferences()
    const open = await Promise.all(
      Array.from({ length: 256 }, (_, at) =>
        references.open({ reference: `m${at}`, to: at % 2 ? '+98912' : '98912' }),
      ),
    )
    // A handset sees eight bits of it at some operators.
    assert.equal(new Set(open.map((each) => (each?.value ?? NaN) & 0xff)).size, 256)
    assert.equal(await references.open({ reference: 'one more', to }), undefined)
    open[7]?.release()
    const next = await references.open({ reference: 'one more', to })
    assert.equal((next?.value ?? NaN) & 0xff, (open[7]?.value ?? NaN) & 0xff)
  })

  it('stays with the message until it is released', async () => {
    const references = createReferences()
    const first = await references.open({ reference: 'a', to })
    await references.open({ reference: 'b', to })
    assert.equal((await references.open({ reference: 'a', to }))?.value, first?.value)
    first?.release()
    assert.notEqual((await references.open({ reference: 'a', to }))?.value, first?.value)
  })

  it('is the next one for the next message, although none is open', async () => {
    const references = createReferences()
    const values: number[] = []
    for (let message = 0; message < 256; message++) {
      const reference = await references.open({ reference: `m${message}`, to })
      values.push(reference?.value ?? NaN)
      reference?.release()
    }
    assert.equal(new Set(values).size, 256)
  })

  it('is never shared while messages come and go', async () => {
    const steps = fc.array(fc.record({ isOpening: fc.boolean(), at: fc.nat(9) }))
    await fc.assert(
      fc.asyncProperty(steps, async (steps) => {
        const references = createReferences()
        const open: OpenReference[] = []
        for (const [step, { isOpening, at }] of steps.entries()) {
          if (isOpening) {
            const opened = await references.open({ reference: `m${step}`, to })
            if (opened) open.push(opened)
          } else open.splice(at, 1)[0]?.release()
          assert.equal(new Set(open.map(({ value }) => value)).size, open.length)
        }
      }),
    )
  })
})
