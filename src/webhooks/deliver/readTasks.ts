import { sql } from 'kysely'
import { readEvents, readEventsOfAll } from '../../events/index.ts'
import type { LoggedEvent } from '../../events/index.ts'
import { readTraces } from '../../messages/index.ts'
import { read } from '../../platform/db/index.ts'
import type { Db, Reader } from '../../platform/db/index.ts'
import type { Traced } from '../../primitives/traceparent.ts'
import { describeEvent, readSubjects } from '../describeEvents.ts'
import type { Subjects } from '../describeEvents.ts'
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

/**
 * What the turns of some endpoints have to send, in a few statements for all. A disabled one gets only a test.
 * @returns by position. @throws Unavailable.
 */
export function readTasks(db: Db, endpoints: readonly ClaimedEndpoint[]): Promise<Tasks[]> {
  return read(db, 'webhooks.read_tasks', async (reader) => {
    const due = await readDue(reader, endpoints)
    const fresh = await readFresh(reader, endpoints)
    const numbered = due.flatMap(({ user_id: userId, seq }) => (seq === null ? [] : [{ userId, seq }]))
    const again = await readEvents(reader, numbered)
    const all = [...again, ...fresh.flat()]
    const subjects = await readSubjects(reader, all)
    const traces = await readTraces(
      reader,
      all.map(({ smsIdentifier }) => smsIdentifier),
    )
    const dueOf = Map.groupBy(due, ({ endpoint_id: id }) => id.toString('hex'))
    const events = new Map(again.map((event) => [`${event.userId} ${event.seq}`, event]))
    return endpoints.map((endpoint, position) => ({
      ...toDue(endpoint, dueOf.get(endpoint.id.toString('hex')) ?? [], { events, subjects, traces }),
      ...toFresh(endpoint, fresh[position] ?? [], { subjects, traces }),
    }))
  })
}

interface Row {
  endpoint_id: Buffer
  user_id: number
  id: Buffer
  seq: number | null
  event_id: string
  event_type: string
  url: string | null
  attempts: number
  created_at: Date
}

async function readDue(reader: Reader, endpoints: readonly ClaimedEndpoint[]): Promise<Row[]> {
  const selects = endpoints.map(
    ({ id, isDisabled }) => sql`(
      SELECT endpoint_id, user_id, id, seq, event_id, event_type, url, attempts, created_at
      FROM webhook_deliveries FORCE INDEX (idx_webhook_deliveries_next)
      WHERE endpoint_id = ${id} AND next_attempt_at <= NOW(3) ${isDisabled ? sql`AND seq IS NULL` : sql``}
      ORDER BY next_attempt_at LIMIT ${sql.lit(DUE_MAX)})`,
  )
  const { rows } = await sql<Row>`${sql.join(selects, sql` UNION ALL `)}`.execute(reader)
  return rows
}

/** @returns by position; a disabled endpoint and one of callbacks have none. */
async function readFresh(reader: Reader, endpoints: readonly ClaimedEndpoint[]): Promise<LoggedEvent[][]> {
  const fed = endpoints.filter(({ kind, isDisabled }) => kind === 'endpoint' && !isDisabled)
  const found = await readEventsOfAll(
    reader,
    fed.map(({ userId, position }) => ({ userId, after: position, limit: FRESH_MAX })),
  )
  return endpoints.map((endpoint) => found[fed.indexOf(endpoint)] ?? [])
}

interface Known {
  /** By customer and number. */
  events: ReadonlyMap<string, LoggedEvent>
  subjects: Subjects
  /** By message. */
  traces: ReadonlyMap<string, Traced>
}

function toDue(
  endpoint: ClaimedEndpoint,
  rows: readonly Row[],
  { events, subjects, traces }: Known,
): Pick<Tasks, 'due' | 'gone'> {
  const due: Task[] = []
  const gone: Buffer[] = []
  for (const row of rows) {
    const event = events.get(`${endpoint.userId} ${row.seq}`)
    const view = event && describeEvent(event, subjects, { withText: endpoint.includeText })
    const body = row.seq === null ? testBody(row) : view && JSON.stringify(view)
    const url = row.url ?? endpoint.url
    if (body === undefined || url === null) gone.push(row.id)
    else
      due.push({
        ...{ deliveryId: row.id, seq: row.seq, eventId: row.event_id, eventType: row.event_type },
        ...{ url, body, attempts: row.attempts, createdAt: row.created_at },
        traced: event && traces.get(event.smsIdentifier),
      })
  }
  return { due, gone }
}

function toFresh(
  { position, eventTypes, url, includeText }: ClaimedEndpoint,
  events: readonly LoggedEvent[],
  { subjects, traces }: Pick<Known, 'subjects' | 'traces'>,
): Pick<Tasks, 'fresh' | 'readUpTo'> {
  const wanted = events.filter(({ type }) => eventTypes === null || eventTypes.includes(type))
  const fresh = wanted.flatMap((event): Task[] => {
    const view = describeEvent(event, subjects, { withText: includeText })
    if (!view || url === null) return []
    return [
      {
        ...{ deliveryId: undefined, seq: event.seq, eventId: view.id, eventType: view.type, url },
        ...{ body: JSON.stringify(view), attempts: 0, createdAt: undefined },
        traced: traces.get(event.smsIdentifier),
      },
    ]
  })
  return { fresh, readUpTo: events.at(-1)?.seq ?? position }
}

function testBody({ event_id: id, event_type: type, created_at }: Row): string {
  return JSON.stringify({ id, type, timestamp: created_at.toISOString(), data: {} })
}
