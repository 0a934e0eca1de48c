import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { CHECKOUT } from '../../dev/stack/folders.ts'
import { newIdOf } from '../support/arrange.ts'
import { RETRY, openBench, openDelivery } from '../delivery/bench.ts'
import type { Bench } from '../delivery/bench.ts'
import { UNAVAILABLE, testOperator } from '../delivery/operators.ts'

describe('the command that shows a timeline', () => {
  let bench: Bench
  beforeEach(async () => {
    bench = await openBench()
  })
  afterEach(() => bench.close())

  const run = (...args: string[]) => runWith({}, ...args)
  const runWith = (env: Record<string, string>, ...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--require', './src/runtime.cjs', 'dev/timeline.ts', ...args],
      {
        cwd: CHECKOUT,
        env: { PATH: process.env['PATH'], DATABASE_URL: bench.databaseUrl, ...env },
        encoding: 'utf8',
      },
    )
    return { status, lines: stdout.trimEnd().split('\n'), stderr }
  }
  /** Without times. */
  const plain = (lines: string[]) =>
    lines.map((line) => line.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'T').replaceAll(/\d+ ms/g, 'N ms'))

  it('prints a line for each step, and what it waits for', async () => {
    const id = await bench.accept({ to: ['+989120000001'] })
    const [a, b] = [testOperator('a', () => UNAVAILABLE), testOperator('b', () => UNAVAILABLE)]
    const retry = { ...RETRY, minDelayMs: 3_600_000, maxDelayMs: 3_600_000 }
    await openDelivery(bench.db, [a, b], { retry }).deliver(await bench.envelope())
    const { status, lines } = run(id)
    assert.equal(status, 0)
    assert.deepEqual(plain(lines), [
      `${id}  normal of customer 7, to 1`,
      '  T  accepted',
      '  T  charged      1',
      'recipient 1  +989120000001  FAILED_TEMP',
      '  T  attempt      1  a  unavailable  N ms  HTTP 503  all of them',
      '  T  attempt      1  b  unavailable  N ms  HTTP 503  all of them',
      '  waits: Its next attempt is at T, after: HTTP 503. No relay has reported of late. No consumer has reported of late.',
    ])
  })

  it('shows ten recipients, the rest, one, and all that is known', async () => {
    const id = await bench.accept({ count: 12 })
    const recipientsIn = ({ lines }: { lines: string[] }) =>
      lines.filter((line) => line.startsWith('recipient')).length
    const first = run(id)
    assert.deepEqual([recipientsIn(first), first.lines.at(-1)], [10, 'there are more: --after 10'])
    assert.equal(recipientsIn(run(id, '--after', '10')), 2)
    assert.equal(recipientsIn(run(id, '--to', '09120000011')), 1)
    const whole = JSON.parse(run(id, '--json').lines.join('\n')) as { timelines: unknown[] }
    assert.equal(whole.timelines.length, 10)
  })

  it('reads a national number where the numbers of a country are', async () => {
    const id = await bench.accept({ to: ['+989120000001', '+989120000002'] })
    const found = (env: Record<string, string>) =>
      runWith(env, id, '--to', '0912 000 0002').lines.filter((line) => line.startsWith('recipient'))
    assert.match(found({ DEFAULT_REGION: 'IR' }).join(), /^recipient 2 {2}\+989120000002/)
    assert.deepEqual(found({}), [])
  })

  it('says that there is no such message, and what it is called with', () => {
    const unknown = run(newIdOf(bench.db)())
    assert.equal(unknown.status, 1)
    assert.match(unknown.stderr, /there is no message/)
    for (const args of [[], ['4711'], [newIdOf(bench.db)(), '--after', 'x']]) {
      const { status, stderr } = run(...args)
      assert.equal(status, 2)
      assert.match(stderr, /^usage: /m)
    }
  })
})
