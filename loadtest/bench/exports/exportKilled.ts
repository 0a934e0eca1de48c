import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { DuckDBInstance } from '@duckdb/node-api'
import { sql } from 'kysely'
import { startEngine } from '../../../dev/stack/programs.ts'
import type { Program } from '../../../dev/stack/programs.ts'
import { createExport, readExport } from '../../../src/exports/index.ts'
import type { Content, ExportView, Format } from '../../../src/exports/index.ts'
import { databaseNowMs, read } from '../../../src/platform/db/index.ts'
import type { Db } from '../../../src/platform/db/index.ts'
import { identifierMaker, identifierToBytes } from '../../../src/primitives/identifier.ts'
import { readProcessStat } from '../stage/processStat.ts'
import type { Stage } from '../stage/stage.ts'

export interface KilledExport {
  db: Db
  stage: Stage
  folder: string
  userId: number
  what: Content
  format: Format
  rows: number
}

const DAY_MS = 86_400_000
const LOOK_MS = 50
/** Until what a start needs for itself is given back. */
const SETTLE_MS = 3_000
const MIB = 1024 * 1024

/** Memory of a relay before its export, and at most. */
interface Watched {
  idleBytes: number
  peakBytes: number
}

/** @returns a line for people. @throws Error when the file is not what the tables say. */
export async function exportKilled(options: KilledExport): Promise<string> {
  const { db, userId, what, format, rows } = options
  const { id, untilMs } = await ask(options)
  const view = async () => (await readExport(db, { userId, id })) as ExportView
  const first = await startRelay(options)
  const firstSeen = await watch(first, async () => (await view()).rows > rows / 2)
  await first.kill()
  const killedAtMs = performance.now()
  const second = await startRelay(options)
  const secondSeen = await watch(second, async () => ['done', 'failed'].includes((await view()).state))
  const totalMs = performance.now() - killedAtMs
  await second.stop()
  const done = await view()
  await check(options, done, untilMs)
  const grown = [firstSeen, secondSeen].map(({ idleBytes, peakBytes }) => (peakBytes - idleBytes) / MIB)
  return (
    `${what} ${format}: ${done.rows} rows, ${(done.bytes / MIB).toFixed(0)} MiB, sum ${done.total}, ` +
    `agrees with the tables; memory +${grown.map((mib) => mib.toFixed(0)).join(' and +')} MiB ` +
    `(idle ${(secondSeen.idleBytes / MIB).toFixed(0)} MiB); done ${(totalMs / 1_000).toFixed(1)} s after the kill`
  )
}

async function ask({ db, userId, what, format }: KilledExport): Promise<{ id: string; untilMs: number }> {
  await read(db, 'bench.clock', (reader) => sql`SELECT 1`.execute(reader))
  const untilMs = Math.floor(databaseNowMs(db))
  const decision = await createExport(
    { db, newId: identifierMaker(() => databaseNowMs(db)) },
    { userId, what, format, fromMs: untilMs - DAY_MS, untilMs, filters: {} },
  )
  if (decision.kind !== 'created') throw new Error(`the export came to ${decision.kind}`)
  return { id: decision.view.id, untilMs }
}

function startRelay({ stage, folder }: KilledExport): Promise<Program> {
  return startEngine({
    databaseUrl: stage.servers.databaseUrl,
    amqpUrl: stage.servers.amqpUrl,
    role: 'relay',
    logFile: join(stage.logFolder, 'relay.log'),
    env: { EXPORT_FOLDER: folder, EXPORT_ROWS_PER_SECOND: '1000000' },
  })
}

/** The export waits for 20 s after its time, or for the end of a lease, so that idle memory is seen first. */
async function watch({ pid }: Program, isOver: () => Promise<boolean>): Promise<Watched> {
  await pause(SETTLE_MS)
  const bytes = () => readProcessStat(pid)?.rssBytes ?? 0
  const seen = { idleBytes: bytes(), peakBytes: 0 }
  for (let looks = 0; ; looks++) {
    seen.peakBytes = Math.max(seen.peakBytes, bytes())
    if (looks % 4 === 0 && (await isOver())) return seen
    await pause(LOOK_MS)
  }
}

async function check({ db, folder, userId, what, format }: KilledExport, done: ExportView, untilMs: number) {
  const until = new Date(untilMs)
  const of =
    what === 'messages'
      ? sql`SELECT COUNT(*) AS n, CAST(SUM(price) AS SIGNED) AS total FROM sms_status WHERE user_id = ${userId} AND created_at < ${until}`
      : sql`SELECT COUNT(*) AS n, CAST(SUM(amount) AS SIGNED) AS total FROM user_transactions WHERE user_id = ${userId} AND created_at < ${until}`
  const found = await read(
    db,
    'bench.count',
    async (reader) => {
      const { rows } = await sql<{ n: number; total: number }>`${of}`.execute(reader)
      const { rows: files } = await sql<{ file: string | null }>`SELECT file FROM exports
        WHERE id = ${identifierToBytes(done.id)}`.execute(reader)
      return { ...rows[0], file: files[0]?.file }
    },
    60_000,
  )
  const path = join(folder, found.file ?? '')
  const inFile = await countIn(path, format, what)
  const facts = {
    state: done.state,
    rows: done.rows,
    total: done.total,
    sha256: done.sha256,
    distinct: inFile.rows,
  }
  const wanted = {
    ...{ state: 'done', rows: found.n, total: found.total, sha256: await hash(path), distinct: found.n },
  }
  const [is, should] = [
    JSON.stringify({ ...facts, sum: inFile.total }),
    JSON.stringify({ ...wanted, sum: found.total }),
  ]
  if (is !== should) throw new Error(`the export is ${is}, and should be ${should}`)
}

async function hash(path: string): Promise<string> {
  const sum = createHash('sha256')
  for await (const chunk of createReadStream(path)) sum.update(chunk as Buffer)
  return sum.digest('hex')
}

/** Different rows, and the sum of their money, as another program reads them. */
async function countIn(
  path: string,
  format: Format,
  what: Content,
): Promise<{ rows: number; total: number }> {
  const table = {
    csv: `read_csv('${path}', strict_mode = false)`,
    ndjson: `read_json('${path}')`,
    parquet: `'${path}'`,
  }
  const [key, sum] =
    what === 'messages' ? ['message_id', 'cost_cents - refunded_cents'] : ['transaction_id', 'amount_cents']
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const [row] = (
    await connection.runAndReadAll(`SELECT COUNT(DISTINCT ${key}), SUM(${sum})::BIGINT FROM ${table[format]}`)
  ).getRows()
  connection.closeSync()
  instance.closeSync()
  return { rows: Number(row?.[0]), total: Number(row?.[1]) }
}
