import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CHECKOUT } from '../../dev/stack/folders.ts'

const ROWS_MIN = 80

describe('the list of faults', () => {
  const rows = readFileSync(join(CHECKOUT, 'docs/faults.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (?:fault |-)/.test(line))
    .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()))

  it('names test files that are there, or a command', () => {
    assert.ok(rows.length > ROWS_MIN)
    for (const [, fault, tests = ''] of rows) {
      const named = [...tests.matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? '')
      assert.ok(named.length > 0, fault)
      for (const name of named)
        assert.ok(name.startsWith('make ') || existsSync(join(CHECKOUT, `test/${name}.test.ts`)), name)
    }
  })

  it('names mutations that are there', () => {
    for (const [, , , mutations = ''] of rows)
      for (const name of mutations.split(', ').filter((text) => text !== ''))
        assert.ok(existsSync(join(CHECKOUT, `test/mutations/${name}.patch`)), name)
  })
})
