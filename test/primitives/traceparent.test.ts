import assert from 'node:assert/strict'
import { isSampled, readTraceparent, toTraceparent } from '../../src/primitives/traceparent.ts'
import { FIELDS, MALFORMED, READABLE, TRACE } from './traceparents.ts'

describe('a traceparent header', () => {
  it('of any version is read by its first four fields', () => {
    for (const header of READABLE)
      assert.deepEqual(readTraceparent(header), { traceId: TRACE, spanId: 'b7ad6b7169203331', flags: 1 })
  })

  it('that is malformed, all zeros or of version ff is ignored', () => {
    for (const header of MALFORMED) assert.equal(readTraceparent(header), undefined, header)
  })

  it('is sampled by the lowest bit of its flags alone', () => {
    const flags = ['00', '01', '02', '03', 'fe', 'ff']
    const sampled = flags.filter((each) => {
      const read = readTraceparent(`00-${TRACE}-b7ad6b7169203331-${each}`)
      return read && isSampled(read)
    })
    assert.deepEqual(sampled, ['01', '03', 'ff'])
  })

  it('is written in version 00', () => {
    const read = readTraceparent(`cc-${FIELDS}-later`)
    assert.ok(read)
    assert.equal(toTraceparent(read), `00-${FIELDS}`)
  })
})
