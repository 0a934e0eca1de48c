import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import type { Servers } from '../../dev/servers.ts'
import { lastLinesOf } from '../../dev/processes/launch.ts'
import { runAudit } from '../../dev/stack/runAudit.ts'
import type { Program } from '../../dev/stack/programs.ts'
import { closeDb, openDb } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { createCustomer, NO_LIMITS } from '../../src/accounts/index.ts'
import { ACTOR, contextOf, newKey } from '../accounts/arrangeAccounts.ts'
import type { SimulatorProcess } from '../simulator/simulatorProcess.ts'
import { call } from '../support/api.ts'
import { openBackupTools } from '../support/backup.ts'
import { balanceOf, fund, look } from '../support/arrange.ts'
import { expireLeases } from '../support/ending.ts'
import { drain } from '../support/engine.ts'
import { startEngineProcess } from '../support/engineProcess.ts'
import { eventually } from '../support/eventually.ts'
import { chosenEngine, startOwnServers } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { freshSimulators } from '../support/simulators.ts'

const USER = 1
const FUNDS = 1_000
/** An operator that was asked too early is asked again a minute after the call. */
const TAKEN_BOUND_MS = 120_000
const QUEUES = { normal: 'sms.normal', express: 'sms.express' }
const RETRIES = { RETRY_MIN_DELAY: '500ms', RETRY_MAX_DELAY: '1s', MAX_ATTEMPTS: '1000' }

/** Recipients of each group of messages, told apart by their numbers. */
const GROUPS = { beforeDump: 3, afterDump: 4, unsent: 5, lost: 6 }
type Group = keyof typeof GROUPS
const PREFIX: Record<Group, string> = { beforeDump: '+981', afterDump: '+982', unsent: '+983', lost: '+984' }

describe('a backup with binary logs', function () {
  this.timeout(600_000)
  const folder = mkdtempSync(join(tmpdir(), 'chapar-backup-'))
  let source: Servers & { remove(): Promise<void> }
  let target: Servers & { remove(): Promise<void> }
  let tools: Awaited<ReturnType<typeof openBackupTools>>
  let simulators: SimulatorProcess[]
  let engine: Program | undefined
  let db: Db
  let key: string
  const open = ({ databaseUrl }: Servers) =>
    openDb({ url: databaseUrl, maxOpenConns: 4, maxIdleConns: 2, connMaxLifetimeSeconds: 300 })
  const start = ({ databaseUrl, amqpUrl }: Servers) =>
    startEngineProcess({ databaseUrl, amqpUrl, queues: QUEUES } as Stack, { env: RETRIES })

  before(async () => {
    ;[tools, source, target] = await Promise.all([
      openBackupTools(folder),
      startOwnServers(),
      startOwnServers(),
    ])
    simulators = await freshSimulators()
    engine = await start(source)
    db = open(source)
    const values = { ...NO_LIMITS, name: 'One', tier: 'premium' as const, userId: USER }
    await createCustomer(contextOf(db), values, ACTOR)
    await fund(db, USER, FUNDS)
    key = (await newKey(db, USER)).text
  })
  after(async () => {
    await engine?.stop()
    await closeDb(db)
    await Promise.all([source.remove(), target.remove()])
    rmSync(folder, { recursive: true })
  })

  /** Its servers and its engine are gone when a test has failed, so that the reason has to be told at once. */
  afterEach(function () {
    if (this.currentTest?.isFailed()) console.error(lastLinesOf(engine?.output() ?? ''))
  })

  const send = async (group: Group, headers: Record<string, string> = {}) => {
    const to = Array.from({ length: GROUPS[group] }, (_, index) => `${PREFIX[group]}00000${index}`)
    const body = { to, text: group }
    const answer = await call(engine?.url ?? '', 'POST', '/v1/messages', { key, headers, body })
    assert.equal(answer.status, 202, `${group}: ${answer.text}`)
    return answer
  }
  /** How often operators took a message of a group, in all. */
  const takenOf = async (group: Group) => {
    let count = 0
    for (const { admin } of simulators)
      for await (const { to, taken } of admin.submissions()) if (to.startsWith(PREFIX[group])) count += taken
    return count
  }
  const untilTaken = (group: Group) =>
    eventually(`${group} is taken`, async () => (await takenOf(group)) >= GROUPS[group], TAKEN_BOUND_MS)
  const statuses = async (status: string) => {
    const [row] = await look<{ n: number }>(
      db,
      sql`SELECT COUNT(*) AS n FROM sms_status WHERE status = ${status}`,
    )
    return Number(row?.n)
  }
  const position = async () => {
    const statement = sql.raw<{ File: string; Position: number }>(
      chosenEngine() === 'mysql' ? 'SHOW BINARY LOG STATUS' : 'SHOW MASTER STATUS',
    )
    const admin = openDb({
      url: source.databaseAdminUrl,
      maxOpenConns: 2,
      maxIdleConns: 1,
      connMaxLifetimeSeconds: 60,
    })
    const [row] = await look(admin, statement)
    await closeDb(admin)
    return { log: String(row?.File), position: String(row?.Position) }
  }
  /** One at which no message is being submitted: an operator is asked about such a one, instead of getting it again. */
  const quietPosition = async () => {
    const changedAt = async () => {
      const [row] = await look<{ at: Date | null }>(
        db,
        sql`SELECT MAX(updated_at) AS at FROM sms_status WHERE status = 'pending'`,
      )
      return row?.at?.getTime()
    }
    for (;;) {
      await eventually('all wait', async () => (await statuses('pending')) === GROUPS.unsent)
      const before = await changedAt()
      const found = await position()
      const isQuiet = (await statuses('pending')) === GROUPS.unsent && (await changedAt()) === before
      if (before !== undefined && isQuiet) return found
    }
  }
  /** @returns whether the audit is content, and what it says of each rule that it is not content with. */
  const audit = async (withOperators: boolean) => {
    const lines: string[] = []
    const operatorUrls = withOperators ? simulators.map(({ url }) => url) : []
    const isClean = await runAudit(target.databaseUrl, (line) => lines.push(line), { operatorUrls })
    return { isClean, text: lines.join('\n') }
  }

  it('brings back every commit up to a point in time, and the books balance', async () => {
    await send('beforeDump')
    await untilTaken('beforeDump')
    await eventually('they are done', async () => (await statuses('done')) === GROUPS.beforeDump)
    const dump = await tools.dump(source.databaseAdminUrl, 'chapar')
    await send('afterDump', { 'idempotency-key': 'kept' })
    await eventually(
      'they are done',
      async () => (await statuses('done')) === GROUPS.beforeDump + GROUPS.afterDump,
    )
    for (const { admin } of simulators) await admin.change({ outage: 'http503' })
    await send('unsent')
    const point = await quietPosition()
    // What follows is after the point in time, and lost with the server.
    for (const { admin } of simulators) await admin.behave({})
    await send('lost', { 'idempotency-key': 'lost' })
    await Promise.all([untilTaken('unsent'), untilTaken('lost')])
    await tools.copyLogs(source.databaseAdminUrl, dump.log)
    await engine?.kill()
    engine = undefined
    await closeDb(db)
    await Promise.all([source.database.kill(), source.broker.kill()])
    await source.database.wipe()

    await tools.apply(target.databaseAdminUrl, dump.file)
    await tools.apply(target.databaseAdminUrl, await tools.readLogs(dump, point))
    db = open(target)
    assert.equal(await statuses('done'), GROUPS.beforeDump + GROUPS.afterDump)
    assert.equal((await statuses('pending')) + (await statuses('sending')), GROUPS.unsent)
    const { isClean, text } = await audit(false)
    assert.ok(isClean, text)
    const charged = GROUPS.beforeDump + GROUPS.afterDump + GROUPS.unsent
    assert.equal(await balanceOf(db, USER), FUNDS - charged)
  })

  it('has the audit name what operators took after it: messages that are unknown now', async () => {
    const { isClean, text } = await audit(true)
    assert.equal(isClean, false)
    assert.match(
      text,
      new RegExp(`^ +${GROUPS.lost} +every reference that an operator took is a recipient$`, 'm'),
    )
    assert.match(text, new RegExp(`^audit: ${GROUPS.lost} violations$`, 'm'))
  })

  it('sends again what was unfinished at the point, once, and nothing else', async () => {
    engine = await start(target)
    await expireLeases(db)
    await drain(db)
    assert.equal(await statuses('done'), GROUPS.beforeDump + GROUPS.afterDump + GROUPS.unsent)
    assert.equal(await takenOf('beforeDump'), GROUPS.beforeDump)
    assert.equal(await takenOf('afterDump'), GROUPS.afterDump)
    assert.equal(await takenOf('unsent'), 2 * GROUPS.unsent)
    assert.equal(await takenOf('lost'), GROUPS.lost)
    const { isClean, text } = await audit(false)
    assert.ok(isClean, text)
    const compared = await audit(true)
    const rule = 'every recipient that was taken more than once is marked as a possible duplicate'
    assert.match(compared.text, new RegExp(`^ +${GROUPS.unsent} +${rule}$`, 'm'), compared.text)
    assert.match(compared.text, new RegExp(`^audit: ${GROUPS.lost + GROUPS.unsent} violations$`, 'm'))
  })

  it('answers a repeat whose key was kept, and accepts one anew whose key was lost', async () => {
    const kept = await send('afterDump', { 'idempotency-key': 'kept' })
    assert.equal(kept.headers.get('idempotent-replayed'), 'true')
    const lost = await send('lost', { 'idempotency-key': 'lost' })
    assert.equal(lost.headers.get('idempotent-replayed'), null)
    await drain(db)
    assert.equal(await takenOf('lost'), 2 * GROUPS.lost)
  })
})
