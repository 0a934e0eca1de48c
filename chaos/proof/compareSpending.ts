import { sql } from 'kysely'
import { read } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import type { ClientRecord } from '../clients/record.ts'
import { costOf, sum } from '../prices.ts'
import { codeOf } from './codeOf.ts'

/** What a customer was charged on one day of UTC. */
export interface DaySpent {
  customer: number
  /** Days since 1970-01-01. */
  day: number
  charged: number
  /** Of it, what may belong to the day before: a transaction that was decided before midnight. */
  chargedAtMidnight: number
}

/** Longer than a transaction takes. */
const MIDNIGHT_SECONDS = 20

/**
 * Whether no customer was charged more on a day than it may spend, and none was refused what it might still have spent.
 * @param limits what some customers may spend in a day; the others have no limit.
 */
export async function compareSpending(
  db: Db,
  record: Pick<ClientRecord, 'sent' | 'bulks'>,
  limits: ReadonlyMap<number, number>,
): Promise<string[]> {
  return explainSpending(await readSpent(db, [...limits.keys()]), record, limits)
}

/** Refunds count for nothing: they give back no part of a limit. */
export function explainSpending(
  spent: readonly DaySpent[],
  { sent, bulks }: Pick<ClientRecord, 'sent' | 'bulks'>,
  limits: ReadonlyMap<number, number>,
): string[] {
  const wrong: string[] = []
  const ofCustomer = Map.groupBy(spent, ({ customer }) => customer)
  for (const [customer, limit] of limits) {
    const days = ofCustomer.get(customer) ?? []
    for (const { day, charged, chargedAtMidnight } of days)
      if (charged - chargedAtMidnight > limit)
        wrong.push(`customer ${customer}: ${charged} charged on day ${day}, and ${limit} allowed`)
    const total = sum(days.map(({ charged }) => charged))
    if (total > limit * days.length)
      wrong.push(`customer ${customer}: ${total} charged on ${days.length} days of ${limit} each`)
  }
  const together = new Map(
    bulks
      .filter(({ isAllOrNothing }) => isAllOrNothing)
      .flatMap((bulk) => bulk.messages.map((each) => [each, bulk.messages])),
  )
  for (const message of sent.filter(({ label }) => codeOf(label) === 'spend_limit')) {
    const { customer, mark } = message
    const limit = limits.get(customer)
    const cost = sum((together.get(message) ?? [message]).map(costOf))
    // Spending only grows: what was charged in the end is at least what was spent then.
    const charged = sum((ofCustomer.get(customer) ?? []).map((day) => day.charged))
    if (limit === undefined) wrong.push(`${mark}: refused for a limit that customer ${customer} has not`)
    else if (charged + cost <= limit)
      wrong.push(`${mark}: costs ${cost}, and was refused though ${charged} of ${limit} were spent in all`)
  }
  return wrong
}

async function readSpent(db: Db, customers: readonly number[]): Promise<DaySpent[]> {
  const { rows } = await read(db, 'chaos.spent', (reader) =>
    sql<{ customer: number; day: number; charged: string; at_midnight: string }>`
      SELECT user_id AS customer, DATEDIFF(created_at, '1970-01-01') AS day, SUM(-amount) AS charged,
        SUM(IF(TIME_TO_SEC(TIME(created_at)) < ${sql.lit(MIDNIGHT_SECONDS)}, -amount, 0)) AS at_midnight
      FROM user_transactions WHERE user_id IN (${sql.join(customers)}) AND transaction_type = 'charge'
      GROUP BY user_id, day`.execute(reader),
  )
  return rows.map(({ customer, day, charged, at_midnight }) => ({
    ...{ customer: Number(customer), day: Number(day) },
    ...{ charged: Number(charged), chargedAtMidnight: Number(at_midnight) },
  }))
}
