import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { COMMANDS } from '../../../dev/commands/catalogue.ts'
import { describeCommands } from '../../../dev/commands/help.ts'
import { CHECKOUT } from '../../../dev/stack/folders.ts'
import { COMMANDS as ADMIN_COMMANDS } from '../../../src/accounts/command/index.ts'

const run = promisify(execFile)

describe('help', function () {
  this.timeout(60_000)

  it('is what make alone and make help print: a line for each command', async () => {
    // The test itself may have been started by make.
    const env = { PATH: process.env['PATH'] }
    for (const args of [[], ['help']]) {
      const { stdout } = await run('make', args, { cwd: CHECKOUT, env })
      assert.deepEqual(
        stdout.split('\n').filter((line) => /^make [a-z]/.test(line)),
        describeCommands(),
      )
    }
  })

  it('has a line for every target of the Makefile', () => {
    const makefile = readFileSync(join(CHECKOUT, 'Makefile'), 'utf8')
    const [, targets = ''] = /^\.PHONY: help ((?:.|\\\n)*?[^\\])$/m.exec(makefile) ?? []
    assert.deepEqual(targets.replaceAll('\\\n', '').split(/\s+/).sort(), Object.keys(COMMANDS).sort())
  })

  it('has every command of `npm run admin`', () => {
    const listed = COMMANDS.admin.options.flatMap(([usage]) => {
      const [group = '', ...words] = usage.split(/[ |]+/)
      const names = words.filter((word) => /^[a-z]/.test(word))
      return names.length > 0 ? names.map((name) => `${group} ${name}`) : [group]
    })
    assert.deepEqual(
      Object.keys(ADMIN_COMMANDS).filter((name) => !listed.includes(name)),
      [],
    )
  })

  it('is shown by a program that is asked for it, however that reads its flags', async () => {
    const programs = { up: 'dev/up.ts', loadtest: 'loadtest/main.ts', chaos: 'chaos/main.ts' }
    for (const [name, file] of Object.entries(programs)) {
      const args = ['--require', './src/runtime.cjs', file, '--help']
      const { stdout } = await run(process.execPath, args, { cwd: CHECKOUT })
      assert.match(stdout, new RegExp(`^make ${name}\\b`), file)
    }
  })

  it('deletes and starts nothing, before anything is installed too', async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'chapar-help-'))
    try {
      copyFileSync(join(CHECKOUT, 'Makefile'), join(cwd, 'Makefile'))
      const data = join(cwd, '.local/up')
      mkdirSync(data, { recursive: true })
      for (const name of ['down', 'clean', 'distclean', 'docker'] as const) {
        const env = { PATH: process.env['PATH'] }
        const { stdout } = await run('make', [name, 'ARGS=--help'], { cwd, env })
        assert.match(stdout, new RegExp(`^make ${name} +${COMMANDS[name].summary}\n$`))
        assert.ok(existsSync(data), name)
      }
    } finally {
      rmSync(cwd, { recursive: true })
    }
  })

  it('is named where a flag is unknown: the flags there are', async () => {
    const args = ['--require', './src/runtime.cjs', 'chaos/main.ts', '--sed', '7']
    const { stderr } = await run(process.execPath, args, { cwd: CHECKOUT }).catch(
      (error: unknown) => error as { stderr: string },
    )
    assert.match(stderr, /unknown flag --sed; known flags: --seed, --duration, --intensity, --keep/)
  })
})
