import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const PRELOAD = resolve(import.meta.dirname, '../../src/envFile.cjs')
const PRINT = 'console.log(process.env.PRICE_NORMAL, process.env.PRICE_EXPRESS)'

describe('the settings of a checkout', () => {
  let folder: string
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'chapar-env-'))))
  afterEach(() => rmSync(folder, { recursive: true }))

  const start = () =>
    promisify(execFile)(process.execPath, ['--require', PRELOAD, '--eval', PRINT], {
      cwd: folder,
      env: { PRICE_EXPRESS: '9' },
    })

  it('are read from .env, which overrides nothing of the environment', async () => {
    writeFileSync(join(folder, '.env'), 'PRICE_NORMAL=2\nPRICE_EXPRESS=5\n')
    assert.deepEqual(await start(), { stdout: '2 9\n', stderr: '' })
  })

  it('may be missing, which is not worth a line', async () => {
    assert.deepEqual(await start(), { stdout: 'undefined 9\n', stderr: '' })
  })

  it('are read by every npm script that runs a program of its own, before anything else of it', () => {
    const manifest = readFileSync(resolve(import.meta.dirname, '../../package.json'), 'utf8')
    const { scripts } = JSON.parse(manifest) as { scripts: Record<string, string> }
    for (const name of ['start', 'migrate', 'admin', 'deadletters', 'quarantine'])
      assert.match(scripts[name] ?? '', /runtime\.cjs --require \.\/src\/envFile\.cjs /, name)
  })
})
