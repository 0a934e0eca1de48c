import { sql } from 'kysely'
import type { Selectable } from 'kysely'
import type { OperatorRows } from '../../../db/schema.ts'
import type { Reader, Tx } from '../../platform/db/index.ts'
import type { MessageClass } from '../contract.ts'
import type { OperatorState } from '../operatorState.ts'

/** Multiplies the weights of routes: those of an operator with half of it count half as much. */
export const WEIGHT_DEFAULT = 100
export const WEIGHT_MAX = 1_000
export const REASON_CHARS_MAX = 200
/** The size of the column. */
const ACTOR_CHARS_MAX = 100

/** What a person decided about an operator. */
export interface OperatorControl {
  state: OperatorState
  weight: number
}

/** An operator as it is configured and controlled. */
export interface ListedOperator extends OperatorControl {
  name: string
  /** In the order of preference, from 0. */
  place: number
  protocol: string
  classes: readonly MessageClass[]
  /** Message parts a second; null for no bound. */
  throughput: number | null
  /** When a consumer with it in its configuration started, or read its file again. */
  configuredAt: Date
  /** Why it was changed last, by whom and when; null if it never was. */
  reason: string | null
  changedBy: string | null
  changedAt: Date | null
}

export interface ControlChange {
  state?: OperatorState | undefined
  weight?: number | undefined
  reason: string
}

/** @returns the number that every change of a control raises; 0 before the first one. */
export async function readControlRevision(reader: Reader): Promise<number> {
  const row = await reader
    .selectFrom('operators_revision')
    .select('revision')
    .where('id', '=', 1)
    .executeTakeFirst()
  return row?.revision ?? 0
}

/** @returns every operator, in order of preference. */
export async function listOperators(reader: Reader): Promise<ListedOperator[]> {
  const rows = await reader.selectFrom('operators').selectAll().orderBy('place').orderBy('name').execute()
  return rows.map(toListed)
}

export async function findOperator(reader: Reader, name: string): Promise<ListedOperator | undefined> {
  const row = await reader.selectFrom('operators').selectAll().where('name', '=', name).executeTakeFirst()
  return row && toListed(row)
}

/** Changes the control of an operator that is there, and makes every consumer read the controls again. */
export async function writeControl(
  tx: Tx,
  name: string,
  { state, weight, reason }: ControlChange,
  actor: string,
): Promise<void> {
  await sql`UPDATE operators SET state = COALESCE(${state ?? null}, state), weight = COALESCE(${weight ?? null}, weight),
      reason = ${reason}, changed_by = ${actor.slice(0, ACTOR_CHARS_MAX)}, changed_at = NOW(3)
    WHERE name = ${name}`.execute(tx)
  await sql`INSERT INTO operators_revision (id, revision) VALUES (1, 1)
    ON DUPLICATE KEY UPDATE revision = revision + 1`.execute(tx)
}

function toListed(row: Selectable<OperatorRows>): ListedOperator {
  return {
    ...{ name: row.name, place: row.place, protocol: row.protocol, throughput: row.throughput },
    classes: row.classes.split(',') as MessageClass[],
    configuredAt: row.configured_at,
    ...{ state: row.state, weight: row.weight, reason: row.reason },
    ...{ changedBy: row.changed_by, changedAt: row.changed_at },
  }
}
