import { sql } from 'kysely'
import { read } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { identifierFromBytes } from '../../src/primitives/identifier.ts'
import type { Sent } from '../clients/record.ts'
import { isLiving } from '../endpoints/endpointServer.ts'
import type { GotEvent, Hook } from '../endpoints/endpointServer.ts'
import type { CustomerEvents } from '../endpoints/customerEvents.ts'
import { ROWS_PER_PAGE, eachRow } from './eachRow.ts'
import { markOf } from './marks.ts'

/** What customers got of their events. */
export interface EventWitness {
  /** Who may have events. */
  customers: readonly number[]
  /** Who surely switched them on. */
  eventsOf: ReadonlyMap<number, CustomerEvents>
  /** Of each of them, when everything was over. */
  feeds: ReadonlyMap<number, readonly GotEvent[]>
  /** Requests with a wrong signature, or that contradict an earlier one. */
  wrongRequests: readonly string[]
  /** Requests that endpoints did not take, as they should. */
  failedRequests: number
}

export interface EventsReport {
  /** Messages that make no events and should, or the other way round; numbers with a gap; a feed that is not the log. */
  wrong: string[]
  /** Events that a living endpoint or callback did not get, or that are none of the log. */
  missed: string[]
  counts: {
    /** In the log. */
    logged: number
    /** At endpoints, each event once, and at the addresses of single messages. */
    atEndpoints: number
    atCallbacks: number
    /** Requests that endpoints failed, without the dead ones. */
    failedRequests: number
  }
}

type Logged = Pick<GotEvent, 'id' | 'type' | 'sequence'>
const LISTED_MAX = 5

/**
 * Whether every message that was sent with its customer's events switched on makes events, every number of a log is there
 * once, each feed is the log, and every event is at every living endpoint that wants it, signed. The audit checks that each
 * event is its recipient's result. Called when nothing is delivered any more.
 */
export async function compareEvents(
  db: Db,
  sent: readonly Sent[],
  { customers, eventsOf, feeds, wrongRequests, failedRequests }: EventWitness,
): Promise<EventsReport> {
  const counts = { logged: 0, atEndpoints: 0, atCallbacks: 0, failedRequests }
  const report: EventsReport = { wrong: [], missed: [...wrongRequests], counts }
  const callbacks = await compareMarks(db, sent, report)
  for (const [customer, log] of await readLogs(db)) {
    const name = `customer ${customer}`
    counts.logged += log.length
    report.wrong.push(...explainNumbers(log).map((line) => `${name}: ${line}`))
    const events = eventsOf.get(customer)
    if (!customers.includes(customer)) report.wrong.push(`${name}: has events, and switched none on`)
    if (events)
      report.wrong.push(...explainFeed(log, feeds.get(customer) ?? []).map((line) => `${name}: ${line}`))
    for (const { hook, position, types } of events?.hooks ?? []) {
      counts.atEndpoints += hook.got.size
      const wanted = log.filter(
        ({ sequence, type }) => sequence > position && (types?.includes(type) ?? true),
      )
      report.missed.push(...explainHook(hook, wanted, log))
    }
    const byMessage = Map.groupBy(log, ({ id }) => messageOf(id))
    for (const [url, hook] of events?.callbacks ?? []) {
      counts.atCallbacks += hook.got.size
      const wanted = [...(callbacks.get(url) ?? [])].flatMap((message) => byMessage.get(message) ?? [])
      report.missed.push(...explainHook(hook, wanted, log))
    }
  }
  return report
}

/** Numbers from 1 on, each once. The audit compares the last one with the counter. */
export function explainNumbers(log: readonly Logged[]): string[] {
  const place = log.findIndex(({ sequence }, index) => sequence !== index + 1)
  return place < 0 ? [] : [`event ${place + 1} of its log has the number ${log[place]?.sequence}`]
}

export function explainFeed(log: readonly Logged[], feed: readonly Logged[]): string[] {
  const isSame = (one: Logged | undefined, other: Logged | undefined) =>
    one?.id === other?.id && one?.type === other?.type && one?.sequence === other?.sequence
  const place = Array.from({ length: Math.max(log.length, feed.length) }, (_, index) => index).find(
    (index) => !isSame(log[index], feed[index]),
  )
  if (place === undefined) return []
  return [`its feed says ${describe(feed[place])}, and its log ${describe(log[place])}`]
}

/** @param wanted what it is to have; of an endpoint that does not live, nothing. */
export function explainHook(hook: Hook, wanted: readonly Logged[], log: readonly Logged[]): string[] {
  const known = new Map(log.map((event) => [event.id, event]))
  const strange = [...hook.got.values()].filter(({ id, type, sequence }) => {
    const logged = known.get(id)
    return logged?.type !== type || logged.sequence !== sequence
  })
  const missing = isLiving(hook) ? wanted.filter(({ id }) => !hook.got.has(id)) : []
  return [
    ...some(missing, (event) => `${hook.url} did not get ${describe(event)}`),
    ...some(strange, (event) => `${hook.url} got ${describe(event)}, which is not in the log`),
  ]
}

function some(events: readonly Logged[], toLine: (event: Logged) => string): string[] {
  const lines = events.slice(0, LISTED_MAX).map(toLine)
  return events.length > LISTED_MAX ? [...lines, `and ${events.length - LISTED_MAX} more`] : lines
}

function describe(event: Logged | undefined): string {
  return event ? `${event.sequence} ${event.type} ${event.id}` : 'nothing'
}

interface MarkRow {
  id: Buffer
  text: string
  user_id: number
  least: number
  most: number
  callback: string | null
}

/** @returns the messages whose events go to each callback_url. */
async function compareMarks(
  db: Db,
  sent: readonly Sent[],
  { wrong }: EventsReport,
): Promise<Map<string, Set<string>>> {
  const byMark = new Map(sent.map((each) => [each.mark, each]))
  const callbacks = new Map<string, Set<string>>()
  for await (const { id, text, least, most, callback } of eachRow(db, 'chaos.event_marks', marksAfter)) {
    const asked = byMark.get(markOf(text))
    if (!asked) continue
    const identifier = identifierFromBytes(id)
    const name = `${asked.mark}, message ${identifier}`
    const { makesEvents = false, callbackUrl } = asked
    // It may be accepted after its customer had switched its events on, though it was begun before.
    if (makesEvents && Number(least) === 0) wrong.push(`${name}: makes no events`)
    if (least !== most) wrong.push(`${name}: recipients differ in whether they make events`)
    if (
      (callback ?? undefined) !== callbackUrl ||
      (callbackUrl !== undefined && Number(least) !== CALLED_BACK)
    )
      wrong.push(`${name}: its events go to ${callback}, and not to ${callbackUrl}`)
    if (callbackUrl !== undefined)
      callbacks.set(callbackUrl, (callbacks.get(callbackUrl) ?? new Set<string>()).add(identifier))
  }
  return callbacks
}

/** In the log and at the callback_url, as the column says it. */
const CALLED_BACK = 3

function marksAfter(after: Buffer) {
  return sql<MarkRow>`
    SELECT r.sms_identifier AS id, MIN(r.text) AS text, MIN(r.user_id) AS user_id, MIN(s.makes_events) AS least,
      MAX(s.makes_events) AS most, MIN(c.url) AS callback
    FROM sms_requests r JOIN sms_status s ON s.sms_identifier = r.sms_identifier
      LEFT JOIN message_callbacks c ON c.sms_identifier = r.sms_identifier
    WHERE r.sms_identifier > ${after} GROUP BY r.sms_identifier ORDER BY r.sms_identifier
    LIMIT ${sql.lit(ROWS_PER_PAGE)}`
}

/** Each customer's log, in the order of its numbers, with the identifiers that events have outside. */
async function readLogs(db: Db): Promise<Map<number, Logged[]>> {
  const { rows } = await read(db, 'chaos.event_log', (reader) =>
    sql<{ user_id: number; seq: number; type: string; id: Buffer; no: number; version: number }>`
      SELECT user_id, seq, type, sms_identifier AS id, recipient_no AS no, version
      FROM event_log ORDER BY user_id, seq`.execute(reader),
  )
  const logs = Map.groupBy(rows, ({ user_id }) => user_id)
  return new Map(
    [...logs].map(([customer, log]) => [
      customer,
      log.map(({ seq, type, id, no, version }) => ({
        ...{ sequence: seq, type, id: `evt_${identifierFromBytes(id)}_${no}_${version}` },
      })),
    ]),
  )
}

function messageOf(eventId: string): string {
  return eventId.split('_')[1] ?? ''
}
