import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { CHECKOUT } from '../../../dev/stack/folders.ts'

describe('a command on the stack', () => {
  for (const name of [
    'admin',
    'quarantine',
    'timeline',
    'receipts',
    'deadLetters',
    'controlOperators',
    'route',
  ]) {
    it(`explains itself without a server: ${name}`, () => {
      const { status, stdout } = spawnSync(
        process.execPath,
        ['--require', './src/runtime.cjs', `dev/${name}.ts`, '--help'],
        { cwd: CHECKOUT, env: { PATH: process.env['PATH'] }, encoding: 'utf8' },
      )
      assert.equal(status, 0)
      assert.match(stdout, /^usage: /m)
    })
  }
})
