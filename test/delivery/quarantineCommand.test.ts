import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { CUSTOMER, DEPOSIT, openBench } from './bench.ts'
import type { Bench } from './bench.ts'
import { claimAll, settleAll } from './settlements.ts'

const CHECKOUT = resolve(import.meta.dirname, '../..')

describe('the command npm run quarantine', function () {
  // Each command is a process of its own.
  this.timeout(300_000)
  let bench: Bench
  let references: string[]
  beforeEach(async () => {
    bench = await openBench()
    const id = await bench.accept({ count: 3 })
    const [claimed] = await claimAll(bench.db, [await bench.envelope()])
    assert.ok(claimed)
    const { inFlight, tasks } = claimed
    const settlements = tasks.map((task) => {
      return {
        kind: 'quarantined' as const,
        task,
        cause: 'result_refused' as const,
        reason: 'refused by the test',
      }
    })
    await settleAll(bench.db, [{ inFlight, settlements }])
    references = [1, 2, 3].map((no) => `${id}:${no}`)
  })
  afterEach(async () => {
    await bench.assertBooksBalance()
    await bench.close()
  })

  const quarantine = async (...args: string[]) => {
    const program = ['--require', './src/runtime.cjs', 'src/quarantine.ts', ...args]
    const env = { ...process.env, DATABASE_URL: bench.db.settings.url }
    try {
      const { stdout } = await promisify(execFile)(process.execPath, program, { cwd: CHECKOUT, env })
      return { code: 0, output: stdout }
    } catch (error) {
      const { code, stderr } = error as { code: number; stderr: string }
      return { code, output: stderr }
    }
  }

  it('lists what is quarantined, for people and for programs', async () => {
    const { output } = await quarantine('list')
    for (const reference of references)
      assert.ok(output.includes(`${reference}  customer ${CUSTOMER}`), output)
    const listed = JSON.parse((await quarantine('list', '--json')).output) as { reason: string }[]
    assert.deepEqual(
      listed.map(({ reason }) => reason),
      references.map(() => 'refused by the test'),
    )
  })

  it('decides one message at a time: sent, failed with a refund, or retry', async () => {
    const [first = '', second = '', third = ''] = references
    const results = [
      await quarantine('sent', first, '--operator', 'operator-b'),
      await quarantine('failed', second),
      await quarantine('retry', third),
    ]
    assert.deepEqual(
      results.map(({ code }) => code),
      [0, 0, 0],
    )
    const rows = await bench.rows(first.split(':')[0] ?? '')
    assert.deepEqual(
      rows.map(({ status, provider }) => [status, provider]),
      [
        ['done', 'operator-b'],
        ['failed', ''],
        ['pending', ''],
      ],
    )
    assert.deepEqual([await bench.balance(), await bench.quarantined()], [DEPOSIT - 2, []])
    assert.deepEqual(
      (await bench.outbox()).map(({ names }) => names),
      [[`${third}-3`]],
    )
  })

  it('says what is wrong, and changes nothing', async () => {
    const [first = ''] = references
    for (const [args, code, message] of [
      [[], 2, /no action given/],
      [['drop', first], 2, /unknown action drop/],
      [['failed'], 2, /expected ID:NO/],
      [['failed', '17'], 2, /expected ID:NO/],
      [['sent', first, '--operator', 'no such name'], 2, /--operator is the name of an operator/],
      [['failed', `${randomUUID()}:1`], 1, /no such message/],
      [['failed', first, first], 2, /one message at a time/],
    ] as const) {
      const result = await quarantine(...args)
      assert.equal(result.code, code, result.output)
      assert.match(result.output, message)
    }
    await quarantine('failed', first)
    const again = await quarantine('failed', first)
    assert.equal(again.code, 1)
    assert.match(again.output, /is not quarantined/)
    assert.equal((await bench.refunds()).length, 1)
  })
})
