import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import type { Rule } from '../../../src/audit/index.ts'
import { at, bytes } from '../variedTables.ts'
import type { VariedTables } from '../variedTables.ts'

/** A violation to plant in tables that are right. */
export interface Planted {
  what: string
  plant: (tables: VariedTables) => RawBuilder<unknown>[]
  /** Rule and subject of what is to be found, and of nothing else. */
  expected: (tables: VariedTables) => [rule: Rule, subject: string][]
}

export const recipient = (identifier: string, no: number) => `message ${identifier}, recipient ${no}`
/** The message that the tables do not have. */
export const OF_NOTHING = '78787878-7878-7878-7878-787878787878'

export const setRecipient = (identifier: string, no: number, changes: RawBuilder<unknown>) =>
  sql`UPDATE sms_status SET ${changes} WHERE ${at(identifier, no)}`

export const refundOf = (identifier: string, no: number) =>
  sql`transaction_id = ${bytes(identifier)} AND recipient_no = ${no} AND transaction_type = 'refund'`
