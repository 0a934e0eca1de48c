import { claim } from '../../../src/outbox/claim.ts'
import type { Servers } from '../../../dev/servers.ts'
import { closeDb, databaseNowMs, migrate, openDb } from '../../../src/platform/db/index.ts'
import type { Db } from '../../../src/platform/db/index.ts'
import { identifierMaker } from '../../../src/primitives/identifier.ts'
import type { Percentiles } from '../../result.ts'
import type { Bench } from '../bench.ts'
import { percentilesOfValues } from '../measure/countedPercentiles.ts'
import { openDatabase, withDatabase } from '../stage/database.ts'
import type { Database } from '../stage/database.ts'
import { freshTables } from '../stage/fresh.ts'
import { insertMessages } from '../stage/messages.ts'

const FEW_ROWS = 1_000
const BESIDE = 'chapar_few'
/** One envelope a claim, as in a lightly loaded relay, so that the number of waiting rows dominates. */
const ENVELOPES_PER_CLAIM = 1
const ROWS_PER_CLAIM = 100
/** Claims between two refills of the small outbox, so that it always has some hundred rows. */
const CLAIMS_PER_FILLING = 5
const WARM_UP_CLAIMS = 50
const CUSTOMERS = 1_000
const HOUR_MS = 3_600_000

/** S5: the time of a claim while a million rows wait, and while a thousand wait. */
export async function claimTime({ stage, form, findings, say }: Bench): Promise<void> {
  const { servers } = stage
  await freshTables(servers)
  const few = await openTable(await besideDatabase(servers))
  const many = await openTable(servers.databaseUrl)
  try {
    say(`writing ${form.waitingRows} rows that wait`)
    await fill(many.database, form.waitingRows)
    const [fewMs, manyMs]: [number[], number[]] = [[], []]
    // In turns, so that disturbances of the machine affect both.
    for (let turn = -WARM_UP_CLAIMS; turn < form.claims; turn++) {
      const isRefilled = turn % CLAIMS_PER_FILLING === 0
      if (isRefilled) await fill(few.database, FEW_ROWS)
      // The first claim after a refill reads uncached pages, and the very first ones run uncompiled code.
      if (isRefilled) await Promise.all([timeClaim(few), timeClaim(many)])
      const [ofFew, ofMany] = [await timeClaim(few), await timeClaim(many)]
      if (turn < 0) continue
      fewMs.push(ofFew)
      manyMs.push(ofMany)
    }
    const told = { few: percentilesOfValues(fewMs), many: percentilesOfValues(manyMs) }
    say(`a claim of ${ROWS_PER_CLAIM} rows of ${FEW_ROWS}: ${describeTimes(told.few)}`)
    say(`a claim of ${ROWS_PER_CLAIM} rows of ${form.waitingRows}: ${describeTimes(told.many)}`)
    findings.claims = {
      few: { rows: FEW_ROWS, times: told.few },
      many: { rows: form.waitingRows, times: told.many },
      rowsPerClaim: ROWS_PER_CLAIM,
    }
  } finally {
    await Promise.all([few, many].map((table) => table.close()))
    await withDatabase(servers.databaseAdminUrl, (database) =>
      database.run('DROP DATABASE IF EXISTS ??', [BESIDE]),
    )
  }
}

/** One outbox: as the benchmark fills it, and as the engine claims from it. */
interface Table {
  database: Database
  db: Db
  newId: () => string
  close(): Promise<void>
}

async function openTable(url: string): Promise<Table> {
  const database = await openDatabase(url)
  const db = openDb({ url, maxOpenConns: 2, maxIdleConns: 2, connMaxLifetimeSeconds: 3_600 })
  const newId = identifierMaker(() => databaseNowMs(db))
  const close = async () => void (await Promise.all([database.close(), closeDb(db)]))
  return { database, db, newId, close }
}

/** A second database on the same server, for an outbox that stays small. @returns its address. */
async function besideDatabase({ databaseUrl, databaseAdminUrl }: Servers): Promise<string> {
  await withDatabase(databaseAdminUrl, async (database) => {
    await database.run('DROP DATABASE IF EXISTS ??', [BESIDE])
    await database.run('CREATE DATABASE ?? CHARACTER SET utf8mb4', [BESIDE])
  })
  const url = new URL(databaseUrl)
  url.pathname = `/${BESIDE}`
  await migrate(url.href)
  return url.href
}

async function timeClaim({ db, newId }: Table): Promise<number> {
  const startMs = performance.now()
  const claimed = await claim(db, 'normal', ENVELOPES_PER_CLAIM, newId)
  if (!claimed) throw new Error('a claim found nothing although rows wait')
  return performance.now() - startMs
}

/** Outbox rows alone, because a claim reads no other table. */
async function fill(database: Database, rows: number): Promise<void> {
  await database.run('TRUNCATE TABLE outbox_events')
  await insertMessages(database, {
    ...{ customerFirst: 1, customers: CUSTOMERS, perCustomer: rows / CUSTOMERS, state: 'outbox' },
    ...{ fromEpochMs: Date.now() - HOUR_MS, overMs: HOUR_MS },
  })
}

function describeTimes({ count, p50Ms, p95Ms }: Percentiles): string {
  return `p50 ${p50Ms.toFixed(2)} ms, p95 ${p95Ms.toFixed(2)} ms (${count} claims)`
}
