import { sql } from 'kysely'
import { transact } from '../../platform/db/index.ts'
import type { Db } from '../../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes } from '../../primitives/identifier.ts'
import { ACTIONS } from './kinds.ts'
import type { ActionInput, ActionKind } from './kinds.ts'

/** What a relay does for each kind. @returns what it came to, for the page. */
export type Performers = { [K in ActionKind]: (input: ActionInput<K>) => Promise<object> }

export interface ActingContext {
  db: Db
  performers: Performers
}

/** Above the longest action. One of a relay that died is carried out by another one after it. */
const LEASE_SECONDS = 120
/** What a person asked for long ago may not be wanted any more. */
const VALID_MINUTES = 10
const NOT_CARRIED_OUT = `No relay carried it out within ${VALID_MINUTES} minutes.`
const INTERRUPTED = `A relay was interrupted while it carried this out, and it may be partly done. It is not tried again after ${VALID_MINUTES} minutes.`
/** Of a column of 16 MB; a page shows less. */
const RESULT_CHARS_MAX = 1_000_000

interface Claimed {
  id: string
  kind: string
  input: string
  isOld: boolean
  /** A relay had it and did not say what it came to. */
  wasInterrupted: boolean
}

/** Carries out the action that was asked for first, if there is one. @throws Unavailable. */
export async function carryOutNext(context: ActingContext): Promise<'worked' | 'idle'> {
  const claimed = await claimNext(context.db)
  if (!claimed) return 'idle'
  const outcome = claimed.isOld
    ? { state: 'failed' as const, result: { error: claimed.wasInterrupted ? INTERRUPTED : NOT_CARRIED_OUT } }
    : await perform(context.performers, claimed)
  await record(context.db, claimed.id, outcome)
  return 'worked'
}

interface Row {
  id: Buffer
  kind: string
  input: string
  state: 'requested' | 'running'
  is_old: number
}

function claimNext(db: Db): Promise<Claimed | undefined> {
  return transact<{ claimed: Claimed | undefined }>(
    db,
    'ops.claim_action',
    async (tx) => {
      const { rows } = await sql<Row>`
        SELECT id, kind, input, state, created_at < NOW(3) - INTERVAL ${sql.lit(VALID_MINUTES)} MINUTE AS is_old
        FROM admin_actions FORCE INDEX (idx_admin_actions_state)
        WHERE state IN ('requested', 'running') AND (state = 'requested' OR lease_until < NOW(3))
        ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED`.execute(tx)
      const [row] = rows
      if (!row) return { claimed: undefined }
      await sql`UPDATE admin_actions SET state = 'running',
          lease_until = NOW(3) + INTERVAL ${sql.lit(LEASE_SECONDS)} SECOND WHERE id = ${row.id}`.execute(tx)
      const { kind, input, state, is_old: isOld } = row
      const claimed = { kind, input, isOld: isOld === 1, wasInterrupted: state === 'running' }
      return { claimed: { id: identifierFromBytes(row.id), ...claimed } }
    },
    // A claim whose answer was lost ends with its lease.
    { resolve: () => Promise.resolve({ claimed: undefined }) },
  ).then(({ claimed }) => claimed)
}

interface Outcome {
  state: 'done' | 'failed'
  result: object
}

async function perform(performers: Performers, { kind, input }: Claimed): Promise<Outcome> {
  try {
    return { state: 'done', result: await performKnown(performers, kind, JSON.parse(input)) }
  } catch (error) {
    // A refused connection may come as an AggregateError whose own message is empty.
    const { message, code } = error as { message?: string; code?: string }
    return { state: 'failed', result: { error: message || (code ?? 'failed') } }
  }
}

/** @throws Error for a kind of a newer program. */
function performKnown(performers: Performers, kind: string, input: unknown): Promise<object> {
  if (!Object.hasOwn(ACTIONS, kind))
    throw new Error(`this relay does not know ${kind}: it is an older program`)
  const known = kind as ActionKind
  const work = performers[known] as (input: unknown) => Promise<object>
  return work(ACTIONS[known].parse(input))
}

async function record(db: Db, id: string, { state, result }: Outcome): Promise<void> {
  const text = JSON.stringify(result)
  const kept = text.length > RESULT_CHARS_MAX ? JSON.stringify({ error: 'the result is too long' }) : text
  await transact(
    db,
    'ops.record_action',
    (tx) =>
      sql`UPDATE admin_actions SET state = ${state}, result = ${kept}, lease_until = NULL, ended_at = NOW(3)
        WHERE id = ${identifierToBytes(id)} AND state = 'running'`.execute(tx),
    { resolve: () => Promise.resolve(undefined) },
  )
}
