import { findDueCompensations, markCompensated } from '../../deadlines/index.ts'
import type { DeadlineEvents, DueCompensation, DueMissPosition } from '../../deadlines/index.ts'
import { read } from '../../platform/db/index.ts'
import type { Db, Tx } from '../../platform/db/index.ts'
import { returnDue } from '../returnDue.ts'
import { RETURNS_MAX } from '../returnPrices.ts'
import type { GivenBack, WantedReturn } from '../returnPrices.ts'

export interface CompensationSettings {
  db: Db
  events: Pick<DeadlineEvents, 'compensated'>
}

/**
 * Gives back the prices of misses that are due. May run at any number of relays. @returns where the next round goes on, past
 * what a locked balance keeps due; undefined at the end of a pass.
 */
export async function compensateOnce(
  { db, events }: CompensationSettings,
  after?: DueMissPosition,
  { rowsMax = RETURNS_MAX } = {},
): Promise<DueMissPosition | undefined> {
  const due = await read(db, 'delivery.due_compensations', (reader) =>
    findDueCompensations(reader, { after, limit: rowsMax }),
  )
  await returnDue({
    ...{ db, operation: 'delivery.compensate', wanted: due.map(toWanted), write: writeCompensations },
    // Only what was handed over late: a failure has given the price back already (invariant 3).
    isDue: ({ status }) => status === 'done',
    onReturned({ given }) {
      if (given.length === 0) return
      const amount = given.reduce((sum, each) => sum + each.amount, 0)
      events.compensated({ recipients: given.length, amount })
    },
  })
  return due.length < rowsMax ? undefined : due.at(-1)?.position
}

function toWanted(due: DueCompensation): WantedReturn {
  return { ...due, type: 'compensation', reason: 'not handed over in time' }
}

async function writeCompensations(tx: Tx, { given, kept }: GivenBack): Promise<void> {
  await markCompensated(tx, [...given, ...kept.map((each) => ({ ...each, amount: 0 }))])
}
