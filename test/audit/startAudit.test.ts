import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { createAuditEvents, openContinuousAudit, startAudit } from '../../src/audit/index.ts'
import { closeDb, openDb } from '../../src/platform/db/index.ts'
import { createMetrics } from '../../src/platform/telemetry/index.ts'
import { fund, look, offer } from '../support/arrange.ts'
import { eventually } from '../support/eventually.ts'
import { manualTimers } from '../support/manualTimers.ts'
import { memoryLog } from '../support/memoryLog.ts'
import { emptyTables, freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'

const IDLE_POLL_MS = 10_000

describe('the audit that a relay runs continuously', () => {
  let stack: Stack
  before(async () => (stack = await freshStack()))
  after(() => stack.drop())
  beforeEach(async () => {
    await emptyTables(stack.db)
    await change(sql`owner = NULL, lease_until = NULL, head_until = NULL, head_cursor = NULL, pass_cursor = NULL,
      pass_state = NULL, pass_ended_at = NULL`)
    await fund(stack.db, 1, 1_000)
    await offer(stack.db, { userId: 1, to: 3 }, { userId: 1, to: 2 })
  })

  const change = (changes: ReturnType<typeof sql>) =>
    look(stack.db, sql`UPDATE audit_checkpoint SET ${changes} WHERE id = 1`)
  /** The scan of the whole pass that comes next. */
  const nextScan = async () => {
    const [row] = await look(
      stack.db,
      sql<{ pass_cursor: string | null }>`SELECT pass_cursor FROM audit_checkpoint`,
    )
    return row?.pass_cursor ? (JSON.parse(row.pass_cursor) as { scan: string }).scan : 'beginning'
  }

  /** One relay's audit, with what it shows. */
  function relay(name: string) {
    const log = memoryLog()
    const { registry } = createMetrics({ withRuntime: false })
    const events = createAuditEvents(log.logger, registry)
    const audit = openContinuousAudit({ db: stack.db, events, owner: Buffer.from(name.padEnd(8)) })
    const metric = async (series: string) => {
      const line = (await registry.metrics()).split('\n').find((each) => each.startsWith(`${series} `))
      return line === undefined ? undefined : Number(line.slice(series.length + 1))
    }
    const passes = async () => (await metric('chapar_audit_passes_total')) ?? 0
    const pass = async () => {
      for (const before = await passes(); (await passes()) === before;) await audit.step()
    }
    const lines = () => log.lines().filter(({ message }) => message === 'the audit found a violation')
    return { audit, metric, pass, lines }
  }

  it('examines every table, says how long ago that was, and begins again', async () => {
    const { pass, metric } = relay('a')
    assert.equal(await metric('chapar_audit_pass_age_seconds'), undefined)
    await pass()
    const rows = (table: string) => metric(`chapar_audit_rows_total{table="${table}"}`)
    assert.deepEqual(
      [await rows('user_transactions'), await rows('sms_status'), await rows('outbox_events')],
      [3, 5, 2],
    )
    assert.ok(((await metric('chapar_audit_pass_age_seconds')) ?? Infinity) < 60)
    await pass()
    assert.equal(await rows('sms_status'), 10)
    assert.equal(await metric('chapar_audit_passes_total'), 2)
  })

  it('rests long when a page was the last one', async () => {
    const { audit } = relay('a')
    const rests = new Map<string, number>()
    do {
      const ms = await audit.step()
      rests.set(await nextScan(), ms)
    } while (!rests.has('beginning'))
    assert.equal(rests.get('messages'), IDLE_POLL_MS, 'after the ledger')
    assert.equal(rests.get('beginning'), IDLE_POLL_MS, 'after the pass')
  })

  it('goes on after a restart where it stood, and leaves out what it has seen', async () => {
    const first = relay('a')
    while ((await nextScan()) !== 'outbox') await first.audit.step()
    await first.audit.leave()
    const second = relay('b')
    await second.pass()
    assert.equal(await second.metric('chapar_audit_rows_total{table="sms_status"}'), 0)
    assert.equal(await second.metric('chapar_audit_rows_total{table="outbox_events"}'), 2)
  })

  it('goes on after a deploy in the middle of the ledger, with all that it has seen of it', async () => {
    const first = relay('a')
    await first.audit.step()
    await first.audit.step()
    assert.equal(await first.metric('chapar_audit_rows_total{table="user_transactions"}'), 3)
    await first.audit.leave()
    const second = relay('b')
    await second.pass()
    assert.equal(await second.metric('chapar_audit_rows_total{table="user_transactions"}'), 0)
    assert.deepEqual(second.lines(), [])
  })

  it('goes on in the middle of the ledger after a fault', async () => {
    const { audit, lines } = relay('a')
    await audit.step()
    assert.equal(await nextScan(), 'ledger')
    await look(stack.db, sql`RENAME TABLE user_transactions TO hidden`)
    await assert.rejects(audit.step())
    await look(stack.db, sql`RENAME TABLE hidden TO user_transactions`)
    let steps = 0
    while ((await nextScan()) === 'ledger') {
      await audit.step()
      steps++
    }
    assert.equal(steps, 2, 'the rows, and what they come to; the balances are known')
    assert.deepEqual(lines(), [])
  })

  describe('of what is new', () => {
    const HEAD = 'chapar_audit_head_age_seconds'

    /** As if everything that is there had been accepted this long ago, and the audit had stood before it. */
    async function makeOld(seconds: number): Promise<void> {
      for (const [table, column] of [
        ['sms_requests', 'sms_identifier'],
        ['sms_status', 'sms_identifier'],
        ['user_transactions', 'transaction_id'],
      ] as const) {
        const hex = sql`HEX(${sql.ref(column)})`
        const ms = sql`CONV(LEFT(${hex}, 12), 16, 10) - ${sql.lit(seconds * 1_000)}`
        await look(
          stack.db,
          sql`UPDATE ${sql.table(table)}
            SET ${sql.ref(column)} = UNHEX(CONCAT(LPAD(HEX(${ms}), 12, '0'), SUBSTR(${hex}, 13)))`,
        )
      }
      await look(stack.db, sql`DELETE FROM outbox_events`)
      await change(sql`head_until = NOW(3) - INTERVAL ${sql.lit(seconds + 5)} SECOND`)
    }

    it('comes first, finds what no outbox row references, and says how old the newest is', async () => {
      await makeOld(30)
      const { audit, metric, lines } = relay('a')
      await audit.step()
      while (((await metric(HEAD)) ?? Infinity) > 25) await audit.step()
      assert.equal(await metric('chapar_audit_passes_total'), 0, 'no whole pass was needed')
      assert.deepEqual(new Set(lines().map(({ rule }) => rule)), new Set(['outbox']))
      assert.equal(lines().length, 5)
    })

    it('goes on after a restart within its slice', async () => {
      await makeOld(30)
      const first = relay('a')
      await first.audit.step()
      assert.equal(await first.metric('chapar_audit_rows_total{table="sms_status"}'), 5)
      await first.audit.leave()
      const second = relay('b')
      while (((await second.metric(HEAD)) ?? Infinity) > 25) await second.audit.step()
      assert.equal(await second.metric('chapar_audit_rows_total{table="user_transactions"}'), 3)
    })

    it('leaves a long pause to the whole pass', async () => {
      await change(sql`head_until = NOW(3) - INTERVAL 1 HOUR`)
      const { audit, metric } = relay('a')
      await audit.step()
      const [row] = await look(stack.db, sql<{ n: number }>`SELECT COUNT(*) AS n FROM audit_accounts`)
      assert.equal(row?.n, 1, 'the chain counts as audited up to now')
      while ((await metric('chapar_audit_passes_total')) === 0) await audit.step()
      assert.equal(await metric('chapar_audit_rows_total{table="sms_status"}'), 5)
    })
  })

  it('is one relay’s at a time; another takes it over when that one was killed, and not before', async () => {
    const [first, second] = [relay('a'), relay('b')]
    await first.pass()
    await first.audit.step()
    assert.equal(await second.audit.step(), IDLE_POLL_MS)
    assert.equal(await second.metric('chapar_audit_rows_total{table="user_transactions"}'), 0)
    const age = await second.metric('chapar_audit_pass_age_seconds')
    assert.ok(age !== undefined && age < 60, 'it knows of the other one’s pass')

    await change(sql`lease_until = NOW(3) - INTERVAL 1 SECOND`)
    await second.pass()
    assert.equal(await first.audit.step(), IDLE_POLL_MS, 'the first one sees that another has taken over')
    const before = await first.metric('chapar_audit_rows_total{table="sms_status"}')
    for (let step = 0; step < 10; step++) await first.audit.step()
    assert.equal(await first.metric('chapar_audit_rows_total{table="sms_status"}'), before)
  })

  it('counts and logs a violation once, however often it meets it, and names it', async () => {
    const { pass, metric, lines } = relay('a')
    await pass()
    const series = 'chapar_audit_violations_total{rule="balance"}'
    assert.equal(await metric(series), 0, 'there before the first one, so that an alarm sees it come')
    await look(stack.db, sql`UPDATE user_balances SET balance = balance + 7 WHERE user_id = 1`)
    await pass()
    await pass()
    assert.equal(await metric(series), 1)
    assert.deepEqual(
      lines().map(({ level, rule, subject, explanation }) => [level, rule, subject, explanation]),
      [['error', 'balance', 'customer 1', 'the balance is 1002, the ledger comes to 995']],
    )
  })

  it('takes part in a relay at once after its first rest, and leaves at its end', async () => {
    const timers = manualTimers()
    const { registry } = createMetrics({ withRuntime: false })
    const events = createAuditEvents(memoryLog().logger, registry)
    const loop = startAudit({ db: stack.db, events, after: timers.after })
    const isTaken = async () => {
      const rows = await look(stack.db, sql`SELECT 1 FROM audit_checkpoint WHERE owner IS NOT NULL`)
      return rows.length === 1
    }
    await eventually('it rests', () => timers.waits().length === 1)
    assert.deepEqual([timers.waits(), await isTaken()], [[IDLE_POLL_MS], false])
    timers.fire()
    await eventually('it has the audit', isTaken)
    await loop.close()
    assert.equal(await isTaken(), false)
  })

  it('reports a database that is unavailable, and tries again', async () => {
    const log = memoryLog()
    const { registry } = createMetrics({ withRuntime: false })
    const sizes = { maxOpenConns: 2, maxIdleConns: 1, connMaxLifetimeSeconds: 60 }
    const db = openDb({ url: 'mysql://nobody:x@127.0.0.1:1/none', ...sizes })
    const timers = manualTimers()
    const loop = startAudit({ db, events: createAuditEvents(log.logger, registry), after: timers.after })
    await eventually('it rests', () => timers.waits().length === 1)
    timers.fire()
    await eventually('it failed and waits', () => log.lines().length === 1 && timers.waits().length === 1)
    assert.deepEqual([log.lines()[0]?.['level'], log.lines()[0]?.['message']], ['warn', 'the audit failed'])
    timers.fire()
    await eventually('it failed again', () => log.lines().length === 2)
    await loop.close()
    await closeDb(db)
  })
})
