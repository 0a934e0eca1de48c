import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { identifierFromBytes } from '../../../src/primitives/identifier.ts'
import type { Bench } from '../bench.ts'
import { auditTables } from '../measure/auditTables.ts'
import { withDatabase } from '../stage/database.ts'
import { insertMessages } from '../stage/messages.ts'
import { withCrew } from '../stage/withCrew.ts'

const CUSTOMERS = 1_000
const HOUR_MS = 3_600_000
/** As an operator with much traffic sends them. */
const RECEIPTS_PER_REQUEST = 100
const CONNECTIONS = 4
const SECRET_BYTES = 24
const POLL_MS = 100
const DRAIN_TIMEOUT_MS = 120_000

/** Receipts by our reference for messages that are done, as fast as they are stored, and until all are applied. */
export async function receipts({ stage, stopList, options, findings, form, say }: Bench): Promise<void> {
  const { messages } = form.receipts
  const secret = randomBytes(SECRET_BYTES).toString('base64url')
  const env = { ...options.env, RECEIPTS_SECRET: secret }
  const fill = (database: Parameters<typeof insertMessages>[0]) =>
    insertMessages(database, {
      ...{ customerFirst: 1, customers: CUSTOMERS, perCustomer: messages / CUSTOMERS, state: 'done' },
      ...{ fromEpochMs: Date.now() - HOUR_MS, overMs: HOUR_MS },
    })
  const measured = await withCrew({ stage, stopList, env, customers: CUSTOMERS, fill }, async (crew) => {
    const references = await readReferences(crew.databaseUrl)
    const startMs = performance.now()
    await sendAll(`${crew.apiUrl}/operators/operator-a/receipts`, secret, references)
    const storedMs = performance.now() - startMs
    await untilApplied(crew.databaseUrl, references.length)
    return { storedMs, appliedMs: performance.now() - startMs, count: references.length }
  })
  const perSecond = (ms: number) => (measured.count * 1_000) / ms
  const { isClean } = await auditTables(stage.servers.databaseUrl)
  findings.receipts = {
    receipts: measured.count,
    storedPerSecond: perSecond(measured.storedMs),
    appliedPerSecond: perSecond(measured.appliedMs),
    isClean,
  }
  const { storedPerSecond, appliedPerSecond } = findings.receipts
  say(`${storedPerSecond.toFixed(0)} receipts/s stored, ${appliedPerSecond.toFixed(0)}/s stored and applied`)
  say(isClean ? 'audit: clean' : 'audit: NOT CLEAN')
}

async function readReferences(databaseUrl: string): Promise<string[]> {
  return withDatabase(databaseUrl, async (database) => {
    const rows = await database.rows<{ id: Buffer }>(
      'SELECT sms_identifier AS id FROM sms_status ORDER BY sms_identifier',
    )
    return rows.map(({ id }) => `${identifierFromBytes(id)}:1`)
  })
}

async function sendAll(url: string, secret: string, references: string[]): Promise<void> {
  let next = 0
  const send = async () => {
    for (let from = next; from < references.length; from = next) {
      next += RECEIPTS_PER_REQUEST
      const batch = references.slice(from, from + RECEIPTS_PER_REQUEST)
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${secret}` },
        body: JSON.stringify(batch.map((reference) => ({ reference, status: 'delivered' }))),
      })
      const text = await response.text()
      if (!response.ok) throw new Error(`receipts were answered with ${response.status}: ${text}`)
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, send))
}

async function untilApplied(databaseUrl: string, count: number): Promise<void> {
  const endsAtMs = performance.now() + DRAIN_TIMEOUT_MS
  await withDatabase(databaseUrl, async (database) => {
    for (;;) {
      const [row] = await database.rows<{ applied: number }>('SELECT COUNT(*) AS applied FROM receipts')
      if (Number(row?.applied) === count) return
      if (performance.now() > endsAtMs) throw new Error(`${row?.applied} of ${count} receipts were applied`)
      await pause(POLL_MS)
    }
  })
}
