import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { startTestEngine } from '../support/engine.ts'
import type { TestEngine } from '../support/engine.ts'
import { balanceOf } from '../support/api.ts'

const CHECKOUT = resolve(import.meta.dirname, '../..')

describe('the load test', () => {
  let engine: TestEngine
  before(async () => (engine = await startTestEngine()))
  after(() => engine.stop())

  it('sees everything that it offered to its end and audits', async () => {
    await engine.operatorA.admin.behave({ rejectShare: 0.5 })
    const { code, output } = await run('main.ts', { RATE: '40', DURATION: '1s', RECIPIENTS: '2' })
    assert.equal(code, 0, output)
    assert.match(output, /answers +200: 40\n/)
    const [, done, failed] = /ended +(\d+) done, (\d+) failed and refunded, 0 open/.exec(output) ?? []
    assert.equal(Number(done) + Number(failed), 80, output)
    assert.ok(Number(failed) > 0, output)
    assert.match(output, /audit: 80 recipients/)
    assert.match(output, /audit: clean/)
    await engine.operatorA.admin.behave({})
  })

  it('fails when something accepted has no ending in time', async () => {
    for (const { admin } of [engine.operatorA, engine.operatorB]) await admin.behave({ outage: 'answer' })
    const { code, output } = await run('main.ts', { RATE: '20', DURATION: '1s', DRAIN_TIMEOUT: '1s' })
    assert.equal(code, 1, output)
    assert.match(output, /20 recipients have no ending/)
    for (const { admin } of [engine.operatorA, engine.operatorB]) await admin.behave({})
    await engine.drain()
  })

  it('fails when nothing was accepted', async () => {
    const { code, output } = await run(
      'main.ts',
      { RATE: '5', DURATION: '1s', PRICE: '1', EXPRESS: '1' },
      9_000,
    )
    assert.equal(code, 1, output)
    assert.match(output, /answers +402: 5\n/)
  })

  it('seeds through the ledger as often as it is told to', async () => {
    const env = { N: '25', BALANCE: '7', FIRST_CUSTOMER: '500' }
    for (const balance of [7, 14]) {
      const { code, output } = await run('seed.ts', env)
      assert.equal(code, 0, output)
      assert.equal(await balanceOf(engine.url, 500), balance)
      assert.equal(await balanceOf(engine.url, 524), balance)
    }
    assert.equal(await balanceOf(engine.url, 525), 0)
  })

  it('refuses other machines unless told otherwise in so many words', async () => {
    const { code, output } = await run('main.ts', { BASE_URL: 'http://192.0.2.1:8080' })
    assert.equal(code, 2, output)
    assert.match(output, /ALLOW_REMOTE=yes-/)
  })

  function run(program: string, env: Record<string, string>, firstCustomer = 1_000) {
    const args = ['--require', './src/runtime.cjs', `loadtest/${program}`]
    const settings = { BASE_URL: engine.url, DATABASE_URL: engine.stack.databaseUrl, CUSTOMERS: '5' }
    const merged = { ...process.env, ...settings, FIRST_CUSTOMER: String(firstCustomer), ...env }
    return new Promise<{ code: number | null; output: string }>((done) => {
      const child = execFile(
        process.execPath,
        args,
        { cwd: CHECKOUT, env: merged },
        (_error, stdout, stderr) => {
          done({ code: child.exitCode, output: stdout + stderr })
        },
      )
    })
  }
})
