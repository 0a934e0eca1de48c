import { sql } from 'kysely'
import { Webhook } from 'standardwebhooks'
import { appendEvents } from '../../src/events/index.ts'
import type { EventChange } from '../../src/events/index.ts'
import { transact } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { identifierToBytes } from '../../src/primitives/identifier.ts'
import { claimEndpoints } from '../../src/webhooks/deliver/claimEndpoints.ts'
import type { ClaimedEndpoint } from '../../src/webhooks/deliver/claimEndpoints.ts'
import { createDeliveryFacts, createEndpoint, enqueue } from '../../src/webhooks/index.ts'
import type { EndpointValues } from '../../src/webhooks/index.ts'
import { openTurns } from '../../src/webhooks/deliver/takeTurns.ts'
import type { SenderOptions } from '../../src/webhooks/send/post.ts'
import { createMetrics } from '../../src/platform/telemetry/index.ts'
import { sequenceAll } from '../events/arrangeEvents.ts'
import { fund, look, newIdOf, sendOne } from '../support/arrange.ts'
import { memoryLog } from '../support/memoryLog.ts'
import { freshStack } from '../support/servers.ts'
import type { EndpointServer, Received } from './endpointServer.ts'

export interface NewEndpoint {
  id: string
  secret: string
}

/** The log and the deliveries on the real database, without loops: each round is begun by the test. */
export interface WebhookBench {
  databaseUrl: string
  db: Db
  lines: () => string[]
  addEndpoint(userId: number, values: Partial<EndpointValues> & { url: string }): Promise<NewEndpoint>
  /** Accepts messages of a customer and settles them as sent. @returns their identifiers. */
  send(userId: number, count?: number, others?: { callbackUrl?: string; text?: string }): Promise<string[]>
  /** Numbers events and takes turns until no endpoint is due. @returns how many turns there were. */
  deliver(options?: { turnsMax?: number; timeoutMs?: number }): Promise<number>
  /** Takes one turn of an endpoint that was claimed. */
  take(endpoint: ClaimedEndpoint): Promise<void>
  /** Lets the waits of endpoints and deliveries be over. */
  skipWaits(): Promise<void>
  endpoint(id: string): Promise<EndpointRow>
  deliveries(id: string): Promise<DeliveryRow[]>
  close(): Promise<void>
}

export interface EndpointRow {
  position: number
  status: string
  disabled_reason: string | null
  failures: number
  is_slow: number
  due_in_ms: number | null
}

export interface DeliveryRow {
  seq: number | null
  status: string
  attempts: number
  last_status: number | null
  last_error: string | null
  last_answer: string | null
  /** From its last attempt to the next one. */
  waits_ms: number | null
}

/** Reached only by an endpoint that hangs, for which a test takes less. */
const TIMEOUT_MS = 30_000

export async function openWebhookBench(): Promise<WebhookBench> {
  const stack = await freshStack()
  const { db } = stack
  const newId = newIdOf(db)
  const log = memoryLog()
  const facts = createDeliveryFacts(log.logger, createMetrics({ withRuntime: false }).registry)
  for (const userId of [1, 2, 3]) await fund(db, userId, 100_000)

  async function round(sender: SenderOptions): Promise<number> {
    await sequenceAll(db, { onSequenced: (tx, events) => enqueue(tx, events, newId) })
    const claimed = [
      ...(await claimEndpoints(db, { isSlow: false, endpointsMax: 100 })),
      ...(await claimEndpoints(db, { isSlow: true, endpointsMax: 100 })),
    ]
    if (claimed.length === 0) return 0
    const turns = await Promise.allSettled(openTurns({ db, newId, facts, sender })(claimed))
    for (const turn of turns) if (turn.status === 'rejected') throw turn.reason
    return claimed.length
  }
  const sender = { allowsPrivate: true, timeoutMs: TIMEOUT_MS }

  return {
    ...{ databaseUrl: stack.databaseUrl, db },
    lines: () => log.lines().map(({ message }) => String(message)),
    async addEndpoint(userId, values) {
      const decision = await createEndpoint({ db, newId }, userId, {
        ...{ eventTypes: null, includeText: false },
        ...values,
      })
      if (decision.kind !== 'created') throw new Error(decision.kind)
      return { id: decision.endpoint.id, secret: decision.secret }
    },
    async send(userId, count = 1, others = {}) {
      const ids: string[] = []
      for (let n = 0; n < count; n++) ids.push(await sendOne(db, { userId, to: 1, ...others }))
      await transact(db, 'test.sent', async (tx) => {
        await sql`UPDATE sms_status SET status = 'done', provider = 'operator-a'
          WHERE sms_identifier IN (${sql.join(ids.map(identifierToBytes))})`.execute(tx)
        const { rows } = await sql<{ makes_events: number }>`SELECT makes_events FROM sms_status
          WHERE sms_identifier = ${identifierToBytes(ids[0] ?? '')}`.execute(tx)
        const makesEvents = rows[0]?.makes_events ?? 0
        await appendEvents(
          tx,
          ids.map((smsIdentifier): EventChange => {
            return { userId, smsIdentifier, recipientNo: 1, type: 'message.sent', makesEvents }
          }),
        )
      })
      return ids
    },
    take: async (endpoint) => void (await Promise.all(openTurns({ db, newId, facts, sender })([endpoint]))),
    async deliver({ turnsMax = 50, timeoutMs = TIMEOUT_MS } = {}) {
      let turns = 0
      while (turns < turnsMax) {
        const taken = await round({ allowsPrivate: true, timeoutMs })
        if (taken === 0) return turns
        turns += taken
      }
      return turns
    },
    async skipWaits() {
      await look(
        db,
        sql`UPDATE webhook_deliveries SET next_attempt_at = NOW(3) WHERE next_attempt_at IS NOT NULL`,
      )
      await look(
        db,
        sql`UPDATE webhook_endpoints SET due_at = NOW(3), paused_until = NULL WHERE due_at IS NOT NULL`,
      )
    },
    async endpoint(id) {
      const [row] = await look(
        db,
        sql<EndpointRow>`SELECT position, status, disabled_reason, failures, is_slow,
          TIMESTAMPDIFF(MICROSECOND, NOW(3), due_at) / 1000 AS due_in_ms
          FROM webhook_endpoints WHERE id = ${identifierToBytes(id)}`,
      )
      if (!row) throw new Error('there is no such endpoint')
      return { ...row, due_in_ms: row.due_in_ms === null ? null : Number(row.due_in_ms) }
    },
    async deliveries(id) {
      const rows = await look(
        db,
        sql<DeliveryRow>`SELECT seq, status, attempts, last_status, last_error, last_answer,
          TIMESTAMPDIFF(MICROSECOND, last_attempt_at, next_attempt_at) / 1000 AS waits_ms
          FROM webhook_deliveries WHERE endpoint_id = ${identifierToBytes(id)} ORDER BY id`,
      )
      return rows.map((row) => ({
        ...row,
        waits_ms: row.waits_ms === null ? null : Number(row.waits_ms),
      }))
    },
    close: () => stack.drop(),
  }
}

interface Event {
  id: string
  type: string
  sequence: number
  data: Record<string, unknown>
}

/** What an endpoint got, verified by the customer's library. */
export function verified(secret: string, { headers, body }: Received): Event {
  return new Webhook(secret).verify(body, headers) as Event
}

/** The numbers that an endpoint got, in their order and each once, verified. */
export function numbersAt(endpoint: EndpointServer, secret: string): number[] {
  const numbers = endpoint.received.map((received) => verified(secret, received).sequence)
  return [...new Set(numbers)].sort((a, b) => a - b)
}
