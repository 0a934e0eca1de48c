import { sql } from 'kysely'
import { readEvents, readEventsAfter } from '../../events/index.ts'
import type { LoggedEvent } from '../../events/index.ts'
import { readTraces } from '../../messages/index.ts'
import { read } from '../../platform/db/index.ts'
import type { Db, Reader } from '../../platform/db/index.ts'
import type { Traced } from '../../primitives/traceparent.ts'
import { describeEvents } from '../describeEvents.ts'
import type { EventView } from '../describeEvents.ts'
import type { ClaimedEndpoint } from './claimEndpoints.ts'

/** One event to send now. */
export interface Task {
  /** Of the delivery, when it has a row already. */
  deliveryId: Buffer | undefined
  /** Null for a test. */
  seq: number | null
  eventId: string
  eventType: string
  url: string
  body: string
  /** Before this one. */
  attempts: number
  createdAt: Date | undefined
  /** The trace of its message, where that is recorded. */
  traced?: Traced | undefined
}

export interface Tasks {
  /** Deliveries whose time has come. */
  due: Task[]
  /** New events of the log, in the order of their numbers. */
  fresh: Task[]
  /** Due deliveries whose event is not kept any more. */
  gone: Buffer[]
  /** The last number that was read of the log, also of events that the endpoint does not want. */
  readUpTo: number
}

/** Of one turn: what a slow endpoint is asked to take before others have theirs. */
const DUE_MAX = 20
const FRESH_MAX = 100

/** @returns what an endpoint's turn has to send. A disabled one gets only a test. @throws Unavailable. */
export function readTasks(db: Db, endpoint: ClaimedEndpoint): Promise<Tasks> {
  return read(db, 'webhooks.read_tasks', async (reader) => {
    const due = await readDue(reader, endpoint)
    const isFed = endpoint.kind === 'endpoint' && !endpoint.isDisabled
    const { fresh, readUpTo } = isFed
      ? await readFresh(reader, endpoint)
      : { fresh: [], readUpTo: endpoint.position }
    return { ...due, fresh, readUpTo }
  })
}

interface Row {
  id: Buffer
  seq: number | null
  event_id: string
  event_type: string
  url: string | null
  attempts: number
  created_at: Date
}

async function readDue(reader: Reader, endpoint: ClaimedEndpoint): Promise<Pick<Tasks, 'due' | 'gone'>> {
  const onlyTests = endpoint.isDisabled ? sql`AND seq IS NULL` : sql``
  const { rows } = await sql<Row>`
    SELECT id, seq, event_id, event_type, url, attempts, created_at
    FROM webhook_deliveries FORCE INDEX (idx_webhook_deliveries_next)
    WHERE endpoint_id = ${endpoint.id} AND next_attempt_at <= NOW(3) ${onlyTests}
    ORDER BY next_attempt_at LIMIT ${sql.lit(DUE_MAX)}`.execute(reader)
  const events = await readEvents(
    reader,
    endpoint.userId,
    rows.flatMap(({ seq }) => seq ?? []),
  )
  const views = await describe(reader, endpoint, events)
  const due: Task[] = []
  const gone: Buffer[] = []
  for (const row of rows) {
    const body = row.seq === null ? testBody(row) : views.get(row.seq)?.body
    const url = row.url ?? endpoint.url
    if (body === undefined || url === null) gone.push(row.id)
    else
      due.push({
        ...{ deliveryId: row.id, seq: row.seq, eventId: row.event_id, eventType: row.event_type },
        ...{ url, body, attempts: row.attempts, createdAt: row.created_at },
        traced: row.seq === null ? undefined : views.get(row.seq)?.traced,
      })
  }
  return { due, gone }
}

async function readFresh(
  reader: Reader,
  endpoint: ClaimedEndpoint,
): Promise<{ fresh: Task[]; readUpTo: number }> {
  const { userId, position, eventTypes, url } = endpoint
  const events = await readEventsAfter(reader, { userId, after: position, limit: FRESH_MAX })
  const wanted = events.filter(({ type }) => eventTypes === null || eventTypes.includes(type))
  const views = await describe(reader, endpoint, wanted)
  const fresh = wanted.flatMap(({ seq }): Task[] => {
    const view = views.get(seq)
    if (!view || url === null) return []
    return [
      {
        ...{ deliveryId: undefined, seq, eventId: view.id, eventType: view.type, url, body: view.body },
        ...{ attempts: 0, createdAt: undefined, traced: view.traced },
      },
    ]
  })
  return { fresh, readUpTo: events.at(-1)?.seq ?? position }
}

interface Described extends Pick<EventView, 'id' | 'type'> {
  body: string
  traced: Traced | undefined
}

async function describe(
  reader: Reader,
  { userId, includeText }: ClaimedEndpoint,
  events: readonly LoggedEvent[],
): Promise<Map<number, Described>> {
  const views = await describeEvents(reader, userId, events, { withText: includeText })
  const traces = await readTraces(
    reader,
    events.map(({ smsIdentifier }) => smsIdentifier),
  )
  return new Map(
    views.map((view) => {
      const { id, type, sequence, data } = view
      return [sequence, { id, type, body: JSON.stringify(view), traced: traces.get(data.message_id) }]
    }),
  )
}

function testBody({ event_id: id, event_type: type, created_at }: Row): string {
  return JSON.stringify({ id, type, timestamp: created_at.toISOString(), data: {} })
}
