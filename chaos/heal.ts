import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'kysely'
import { read } from '../src/platform/db/index.ts'
import type { Db } from '../src/platform/db/index.ts'
import { identifierToBytes } from '../src/primitives/identifier.ts'
import { ask } from './clients/ask.ts'
import type { ClientRecord, Sent } from './clients/record.ts'
import { inflict } from './faults/inflict.ts'
import type { World } from './faults/hit.ts'
import type { Kind } from './faults/kinds.ts'
import { openRandom } from './random.ts'
import type { Random } from './random.ts'
import type { Tally } from './tally.ts'

/** How long it took from the end of a fault until everything worked again, without anybody's help. */
export interface Healed {
  kind: Kind
  /** Undefined: it had not when the patience was over. */
  healedMs: number | undefined
}

export const HEAL_TARGET_MS = 15_000
/** A killed database reads its log first; counted from the instant it is started again. */
export const HEAL_DATABASE_TARGET_MS = 40_000

const CALM_FAULT_MS = 3_000
/** Beyond leases and time-outs. */
const CALM_FREEZE_MS = 13_000
const PATIENCE_MS = 60_000
const PROBE_EVERY_MS = 200
const PROBE_TIMEOUT_MS = 3_000

export interface Prober {
  customer: number
  record: ClientRecord
  db: Db
}

/** The calm part: one fault of each kind alone, and nothing else. */
export async function healFromEach(
  world: World,
  kinds: readonly Kind[],
  prober: Prober,
  { tally, seed, say }: { tally: Tally; seed: number; say: (line: string) => void },
): Promise<Healed[]> {
  const healed: Healed[] = []
  for (const [number, kind] of kinds.entries()) {
    await untilWell(world, prober, PATIENCE_MS)
    tally.noteFault(kind)
    const healedMs = await healFrom(world, kind, prober, openRandom(seed + number)).catch(
      (error: unknown) => {
        tally.noteWrong(`${kind}: ${error instanceof Error ? error.message : String(error)}`)
        return undefined
      },
    )
    healed.push({ kind, healedMs })
    say(
      `${kind}: ${healedMs === undefined ? 'not healed' : `well again after ${(healedMs / 1_000).toFixed(1)} s`}`,
    )
  }
  return healed
}

/** @returns from the end of the fault; undefined when the patience was over. */
async function healFrom(
  world: World,
  kind: Kind,
  prober: Prober,
  random: Random,
): Promise<number | undefined> {
  const forMs = kind.startsWith('freeze') ? CALM_FREEZE_MS : CALM_FAULT_MS
  const end = await inflict(world, { kind, forMs, random })
  if (!end) throw new Error('there was nothing to hit')
  await pause(kind.startsWith('kill') ? 0 : forMs)
  const endsAtMs = performance.now()
  await end()
  // Of a server it counts from its start, of everything else from here.
  const fromMs = /^(MySQL|RabbitMQ)/.test(kind) ? endsAtMs : performance.now()
  return (await untilWell(world, prober, PATIENCE_MS)) ? performance.now() - fromMs : undefined
}

export function isHealedInTime({ kind, healedMs }: Healed): boolean {
  const targetMs = kind === 'MySQL killed' ? HEAL_DATABASE_TARGET_MS : HEAL_TARGET_MS
  return healedMs !== undefined && healedMs < targetMs
}

/**
 * Well: every process is ready, and a message of either class that every API process accepts now comes to its end.
 * @returns whether that came about in time.
 */
export async function untilWell({ crew }: World, prober: Prober, patienceMs: number): Promise<boolean> {
  const deadlineMs = performance.now() + patienceMs
  while (performance.now() < deadlineMs) {
    const probes = crew.apiUrls.flatMap((url) =>
      (['normal', 'express'] as const).map((type) => probe(url, type, prober)),
    )
    const results = await Promise.all([...probes, ...crew.posts.map(isReady)])
    if (results.every(Boolean)) return true
    await pause(PROBE_EVERY_MS)
  }
  return false
}

async function isReady(post: World['crew']['posts'][number]): Promise<boolean> {
  const url = post.program?.url
  if (url === undefined) return false
  const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS)
  return fetch(`${url}/readyz`, { signal }).then(
    ({ ok }) => ok,
    () => false,
  )
}

/** Of the run: no two probes have the same mark. */
let probes = 0

async function probe(url: string, type: Sent['type'], { customer, record, db }: Prober) {
  const mark = `probe ${++probes}`
  const sent: Sent = { mark, customer, type, recipients: 1, answered: 'unknown' }
  record.sent.push(sent)
  const request = { customer_id: customer, text: `[${mark}] probe`, type, recipients: ['989120000000'] }
  const { answered, body } = await ask(`${url}/sms/send`, request, PROBE_TIMEOUT_MS)
  sent.answered = answered
  if (answered !== 'accepted') return false
  sent.smsIdentifier = String(body['sms_identifier'])
  const deadlineMs = performance.now() + PROBE_TIMEOUT_MS
  while (performance.now() < deadlineMs) {
    if (await hasEnded(db, sent.smsIdentifier)) return true
    await pause(25)
  }
  return false
}

async function hasEnded(db: Db, smsIdentifier: string): Promise<boolean> {
  try {
    const { rows } = await read(db, 'chaos.probe', (reader) =>
      sql`SELECT 1 FROM sms_status WHERE sms_identifier = ${identifierToBytes(smsIdentifier)} AND status = 'done'`.execute(
        reader,
      ),
    )
    return rows.length > 0
  } catch {
    return false
  }
}
