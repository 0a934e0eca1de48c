// npm run bench:exports [-- ROWS]: exports ROWS messages, a million by default, in each format by a relay that is killed in the middle, and
// prints its time and memory. It ends with an error when a file does not agree with the tables.
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { onInterrupt } from '../../../dev/processes/onInterrupt.ts'
import { createStopList } from '../../../dev/processes/stopList.ts'
import { killStarted } from '../../../dev/processes/watchdog.ts'
import { FORMATS } from '../../../src/exports/index.ts'
import { answerHelp } from '../../../src/platform/answerHelp.ts'
import { closeDb, openDb } from '../../../src/platform/db/index.ts'
import { seedCustomers } from '../stage/customers.ts'
import { withDatabase } from '../stage/database.ts'
import { fillDone } from '../stage/fillDone.ts'
import { freshTables } from '../stage/fresh.ts'
import { BENCH_FOLDER, removeData, setStage } from '../stage/stage.ts'
import type { Stage } from '../stage/stage.ts'
import { BALANCE } from '../stage/withCrew.ts'
import { exportKilled } from './exportKilled.ts'

answerHelp(`usage: npm run bench:exports -- [ROWS]
Exports ROWS messages, a million by default, in each format on private servers, by a relay that is killed in the middle,
and prints its time and memory.`)
const ROWS = Number(process.argv[2] ?? 1_000_000)
const HOUR_MS = 3_600_000
const CUSTOMER = 1
/** Two parts in Persian, and what CSV has to quote. */
const TEXT =
  'مشتری گرامی، سفارش شما "ارسال" شد.\nبرای پیگیری به example.com/track مراجعه کنید، با تشکر از خرید شما'

const stopList = createStopList()
onInterrupt(async () => {
  await stopList.stopAll().catch(() => {})
  await removeData()
})
try {
  const stage = await setStage(process.env, stopList, console.log)
  await fill(stage)
  const folder = join(BENCH_FOLDER, 'data', 'exports')
  await mkdir(folder, { recursive: true })
  const db = openDb({
    ...{ url: stage.servers.databaseUrl, maxOpenConns: 4, maxIdleConns: 2, connMaxLifetimeSeconds: 300 },
  })
  stopList.add(() => closeDb(db))
  for (const what of ['messages', 'ledger'] as const)
    for (const format of FORMATS)
      console.log(await exportKilled({ db, stage, folder, userId: CUSTOMER, what, format, rows: ROWS }))
  await rm(folder, { recursive: true, force: true })
} catch (error) {
  console.error(error)
  process.exitCode = 1
} finally {
  await stopList.stopAll().catch((fault: unknown) => console.error(fault))
  await killStarted()
}

async function fill({ servers }: Stage): Promise<void> {
  await freshTables(servers)
  await withDatabase(servers.databaseUrl, (database) => seedCustomers(database, 1, BALANCE))
  const share = { customerFirst: CUSTOMER, customers: 1, perCustomer: ROWS }
  await fillDone(servers, [share], HOUR_MS, console.log)
  await withDatabase(servers.databaseUrl, (database) =>
    database.run('UPDATE sms_requests SET text = ?', [TEXT]),
  )
}
