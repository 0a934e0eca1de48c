import type { Bench } from '../bench.ts'
import type { EstimatesOf } from '../findings.ts'
import { identifierFromBytes } from '../../../src/primitives/identifier.ts'
import { askEstimates } from '../measure/askEstimates.ts'
import { auditTables } from '../measure/auditTables.ts'
import { drain } from '../measure/drain.ts'
import { estimateErrors } from '../measure/estimateErrors.ts'
import { withDatabase } from '../stage/database.ts'
import type { Database } from '../stage/database.ts'
import { insertMessages, makeDueIn, makeReady } from '../stage/messages.ts'
import { withCrew } from '../stage/withCrew.ts'

const CUSTOMERS = 1_000
const HOUR_MS = 3_600_000
const DRAIN_TIMEOUT_MS = 300_000
const ADMIN_KEY = 'the-admin-key-of-the-benchmark-alone'
/** Messages that are asked about, at random places of the backlog. */
const ASKED = 300

/** How a backlog comes about. Waiting messages are written as scheduled ones; the request says what they are. */
const BACKLOGS: readonly { name: string; sendAt: string; release: (database: Database) => Promise<void> }[] =
  [
    { name: 'accepted at once', sendAt: 'NULL', release: makeReady },
    {
      ...{ name: 'scheduled for the same time', sendAt: 'NOW(3)' },
      release: (database) => makeDueIn(database, 0),
    },
  ]

/** Asks the timeline when waiting messages will be handed over, and compares with when they were. */
export async function estimates(bench: Bench): Promise<void> {
  const { findings, stage, say } = bench
  findings.estimates = []
  for (const backlog of BACKLOGS) {
    const result = await ofBacklog(bench, backlog)
    findings.estimates.push(result)
    const percent = (share: number) => `${(share * 100).toFixed(0)} %`
    say(
      `${backlog.name}: ${result.estimated} of ${result.asked} had an estimate, off by ${percent(result.medianShare)} ` +
        `(median) and ${percent(result.p90Share)} (p90) of what was left to wait, too early ${percent(result.earlyShare)}`,
    )
    const audit = await auditTables(stage.servers.databaseUrl)
    if (!audit.isClean) throw new Error(`the audit after ${backlog.name} is not clean`)
  }
}

function ofBacklog(bench: Bench, { name, sendAt, release }: (typeof BACKLOGS)[number]): Promise<EstimatesOf> {
  const { stage, stopList, options, form, say } = bench
  const { waitingMessages: waiting } = form
  say(`writing ${waiting} normal messages that wait`)
  const fill = (database: Database) =>
    insertMessages(database, {
      ...{ customerFirst: 1, customers: CUSTOMERS, perCustomer: waiting / CUSTOMERS, state: 'waiting' },
      ...{ fromEpochMs: Date.now() - HOUR_MS, overMs: HOUR_MS },
    })
  const env = { ...options.env, ADMIN_API_KEY: ADMIN_KEY }
  return withCrew({ stage, stopList, env, customers: CUSTOMERS, fill }, (crew) =>
    withDatabase(crew.databaseUrl, async (database) => {
      const ids = await chooseAsked(database)
      await database.run(`UPDATE sms_requests SET send_at = ${sendAt}`)
      const released = release(database)
      const asked = await askEstimates(crew.apiUrl, ADMIN_KEY, ids, DRAIN_TIMEOUT_MS)
      await released
      if (!(await drain(database, DRAIN_TIMEOUT_MS))) throw new Error('the backlog was not drained in time')
      return { name, waiting, ...estimateErrors(asked, await readHandedOver(database, ids)) }
    }),
  )
}

async function chooseAsked(database: Database): Promise<string[]> {
  const rows = await database.rows<{ id: Buffer }>(
    `SELECT sms_identifier AS id FROM sms_status ORDER BY RAND() LIMIT ${ASKED}`,
  )
  return rows.map(({ id }) => identifierFromBytes(id))
}

async function readHandedOver(database: Database, ids: readonly string[]): Promise<Map<string, number>> {
  const rows = await database.rows<{ id: Buffer; at: number | string | null }>(
    `SELECT sms_identifier AS id, CAST(UNIX_TIMESTAMP(handed_over_at) * 1000 AS SIGNED) AS at FROM sms_status
     WHERE sms_identifier IN (${ids.map((id) => `X'${id.replaceAll('-', '')}'`).join(', ')})`,
  )
  return new Map(rows.flatMap(({ id, at }) => (at === null ? [] : [[identifierFromBytes(id), Number(at)]])))
}
