import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { BenchReport, Sample } from '../../loadtest/result.ts'
import { startTestEngine } from '../support/engine.ts'
import type { TestEngine } from '../support/engine.ts'
import { balanceOf } from '../support/api.ts'

const CHECKOUT = resolve(import.meta.dirname, '../..')
/** A program that does not end is killed, and has no exit code then. */
const RUN_TIMEOUT_MS = 120_000
/** Of one test. */
const PROGRAMS_MAX = 3

describe('the load test', function () {
  this.timeout((PROGRAMS_MAX + 1) * RUN_TIMEOUT_MS)
  let engine: TestEngine
  let reports: string
  before(async () => {
    engine = await startTestEngine()
    reports = await mkdtemp(join(tmpdir(), 'chapar-reports-'))
  })
  after(async () => {
    await engine.stop()
    await rm(reports, { recursive: true, force: true })
  })

  it('follows every message until it finishes, reports end-to-end latency, and audits', async () => {
    await engine.operatorA.admin.behave({ rejectRate: 0.5 })
    const { code, output } = await run('main.ts', { RATE: '40', DURATION: '1s', RECIPIENTS: '2' })
    assert.equal(code, 0, output)
    assert.match(output, /answers +200: 40\n/)
    const [, done, failed] =
      /finished +(\d+) done, (\d+) failed and refunded, 0 unfinished/.exec(output) ?? []
    assert.equal(Number(done) + Number(failed), 80, output)
    assert.ok(Number(failed) > 0, output)
    assert.match(output, /end-to-end latency, normal: p50 .* p99 /)
    assert.match(output, /audit: 80 recipients/)
    assert.match(output, /audit: clean/)
    await engine.operatorA.admin.behave({})
  })

  it('writes a report with a sample of each second, and prints its path last', async () => {
    const { code, output } = await run('main.ts', { RATE: '30', DURATION: '2s', SKEW: 'zipf', WARM_UP: '1s' })
    assert.equal(code, 0, output)
    const [htmlFile = '', jsonFile = ''] = output
      .trimEnd()
      .split('\n')
      .reverse()
      .map((line) => line.trim())
    assert.match(await readFile(htmlFile, 'utf8'), /Chapar under load/)
    const report = JSON.parse(await readFile(jsonFile.replace(/^report +/, ''), 'utf8')) as BenchReport
    const [load] = report.runs
    assert.ok(load)
    assert.deepEqual(load.answers, { '200': 60 })
    assert.equal(load.http.count, 60)
    assert.equal(load.audit?.isClean, true)
    assert.ok(report.durability.some(({ name }) => name === 'innodb_flush_log_at_trx_commit'))
    const { accepted, done, failed, unfinished } = load.recipients
    assert.deepEqual([accepted, (done ?? 0) + (failed ?? 0), unfinished], [90, 90, 0])
    const sumOf = (read: (sample: Sample) => number | undefined) =>
      load.samples.reduce((sum, sample) => sum + (read(sample) ?? 0), 0)
    assert.equal(load.samples[0]?.phase, 'warm-up')
    assert.equal(
      sumOf(({ doneRecipients }) => doneRecipients),
      done,
    )
    assert.equal(load.samples.at(-1)?.backlogRecipients, 0)
  })

  it('follows messages through the API if no database is known', async () => {
    const env = { RATE: '20', DURATION: '1s', SKEW: 'one', DATABASE_URL: '' }
    const { code, output } = await run('main.ts', env)
    assert.equal(code, 0, output)
    assert.match(output, /customers +1 from 1000 on/)
    const [, done, failed] =
      /finished +(\d+) done, (\d+) failed and refunded, 0 unfinished/.exec(output) ?? []
    assert.equal(Number(done) + Number(failed), 20, output)
    assert.match(output, /audit +skipped/)
  })

  it('only tops up with --seed-only, each customer by the cost of its requests', async () => {
    const env = { RATE: '10', DURATION: '1s', SKEW: 'one', PRICE: '2' }
    const { code, output } = await run('main.ts', env, 7_000, ['--seed-only', '--seed-method=sql'])
    assert.equal(code, 0, output)
    assert.equal(await balanceOf(engine.url, 7_000), 20)
    assert.doesNotMatch(output, /^load /m)
  })

  it('prints its settings for --help, and offers nothing', async () => {
    for (const program of ['main.ts', 'seed.ts', 'bench/main.ts']) {
      const { code, output } = await run(program, {}, 1_000, ['--help'])
      assert.equal(code, 0, output)
      assert.match(output, /^make (loadtest|seed|bench) \[/)
      assert.match(output, /RATE +Requests offered a second\. \[100\]|BALANCE +Amount|--only <names>/)
    }
  })

  it('names an unknown flag and the known ones', async () => {
    const { code, output } = await run('main.ts', {}, 1_000, ['--reciepts', '4'])
    assert.equal(code, 2, output)
    assert.match(output, /unknown flag --reciepts; known flags: .*--recipients/)
  })

  it('tops up no customer if the database cannot be used, and ends', async () => {
    const refused = 'mysql://root@127.0.0.1:1/chapar'
    const denied = new URL(engine.stack.databaseUrl)
    denied.username = 'nobody'
    denied.password = 'wrong'
    const closed = await run('main.ts', { RATE: '10', DURATION: '1s', DATABASE_URL: refused }, 11_000)
    assert.equal(closed.code, 2, closed.output)
    assert.match(closed.output, /^loadtest: .*127\.0\.0\.1:1 .*ECONNREFUSED/m)
    const refusedUser = await run(
      'main.ts',
      { RATE: '10', DURATION: '1s', DATABASE_URL: denied.href },
      11_000,
    )
    assert.equal(refusedUser.code, 2, refusedUser.output)
    assert.match(refusedUser.output, new RegExp(`^loadtest: .*${denied.host} .*Access denied`, 'm'))
    assert.doesNotMatch(refusedUser.output, /wrong/)
    assert.equal(await balanceOf(engine.url, 11_000), 0)
  })

  it('fails when an accepted message does not finish in time', async () => {
    for (const { admin } of [engine.operatorA, engine.operatorB]) await admin.behave({ outage: 'http503' })
    const { code, output } = await run('main.ts', { RATE: '20', DURATION: '1s', DRAIN_TIMEOUT: '1s' })
    assert.equal(code, 1, output)
    assert.match(output, /20 recipients are unfinished/)
    for (const { admin } of [engine.operatorA, engine.operatorB]) await admin.behave({})
    await engine.drain()
  })

  it('fails when nothing was accepted', async () => {
    const { code, output } = await run(
      'main.ts',
      { RATE: '5', DURATION: '1s', PRICE: '1', EXPRESS: '1', CUSTOMERS: '1000' },
      9_000,
    )
    assert.equal(code, 1, output)
    assert.match(output, /answers +402: 5\n/)
  })

  it('tops up through the ledger at every run of make seed', async () => {
    const env = { N: '25', BALANCE: '7', FIRST_CUSTOMER: '500' }
    for (const balance of [7, 14]) {
      const { code, output } = await run('seed.ts', env)
      assert.equal(code, 0, output)
      assert.equal(await balanceOf(engine.url, 500), balance)
      assert.equal(await balanceOf(engine.url, 524), balance)
    }
    assert.equal(await balanceOf(engine.url, 525), 0)
  })

  it('refuses other machines without an explicit consent', async () => {
    const { code, output } = await run('main.ts', { BASE_URL: 'http://192.0.2.1:8080' })
    assert.equal(code, 2, output)
    assert.match(output, /ALLOW_REMOTE=yes-/)
  })

  function run(program: string, env: Record<string, string>, firstCustomer = 1_000, flags: string[] = []) {
    const args = ['--require', './src/runtime.cjs', `loadtest/${program}`, ...flags]
    const settings = {
      BASE_URL: engine.url,
      REPORTS_FOLDER: reports,
      DATABASE_URL: engine.stack.databaseUrl,
      CUSTOMERS: '5',
    }
    const merged = { ...process.env, ...settings, FIRST_CUSTOMER: String(firstCustomer), ...env }
    return new Promise<{ code: number | null; output: string }>((done) => {
      const child = execFile(
        process.execPath,
        args,
        { cwd: CHECKOUT, env: merged, timeout: RUN_TIMEOUT_MS, killSignal: 'SIGKILL' },
        (_error, stdout, stderr) => {
          done({ code: child.exitCode, output: stdout + stderr })
        },
      )
    })
  }
})
