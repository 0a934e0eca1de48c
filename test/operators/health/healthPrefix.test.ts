import assert from 'node:assert/strict'
import { openHealthPrefix } from '../../../src/operators/health/healthPrefix.ts'

describe('the numbers that share a health', () => {
  it('are those of the longest prefix of a route that follows it', () => {
    const prefixOf = openHealthPrefix(new Set(['98', '98912', '']))
    assert.equal(prefixOf('+989121234567'), '98912')
    assert.equal(prefixOf('989351234567'), '98')
  })

  it('are those of a calling code where no route names them', () => {
    const prefixOf = openHealthPrefix(new Set(['']))
    const codes = { '+14155550100': '1', '+447911123456': '44', '+351912345678': '351', '09121234567': '0' }
    for (const [to, code] of Object.entries(codes)) assert.equal(prefixOf(to), code)
  })
})
