import assert from 'node:assert/strict'
import { readOptions } from '../../loadtest/bench/options.ts'
import { assertMakeVariables } from '../../loadtest/makeVariables.ts'
import { readLoadSettings } from '../../loadtest/settings.ts'

describe('variables on the command line of make', () => {
  it('are refused by name when they are unknown', () => {
    assert.throws(
      () => readLoadSettings({ MAKEFLAGS: ' -- RATE=50 DURATOIN=3s', RATE: '50' }),
      /^Error: unknown variable DURATOIN; /,
    )
    assert.throws(
      () => readOptions([], { MAKEFLAGS: 's -- FROM=whole' }),
      /^Error: unknown variable FROM; known: /,
    )
  })

  it('are accepted when they are known, beside flags of make and values with spaces', () => {
    for (const MAKEFLAGS of [
      undefined,
      '',
      'k',
      ' -- RATE=50',
      '-- RATE=50',
      's -- ARGS=--env\\ A=1\\ B=2 RATE=5',
    ])
      assertMakeVariables({ MAKEFLAGS }, ['RATE'])
    assert.equal(readLoadSettings({ MAKEFLAGS: ' -- RATE=50', RATE: '50' }).RATE, 50)
  })
})
