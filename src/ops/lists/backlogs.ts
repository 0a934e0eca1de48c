import { findBacklogs } from '../../outbox/index.ts'
import type { FoundBacklog } from '../../outbox/index.ts'
import { read } from '../../platform/db/index.ts'
import type { Db } from '../../platform/db/index.ts'
import { readProcesses } from '../../processes/index.ts'
import type { RunningProcess } from '../../processes/index.ts'

/** A customer with a backlog, or one of the few that relays did the most for. */
export interface ListedBacklog {
  userId: number
  name: string | null
  weight: number | null
  /** Normal parts that wait for their turn, about. */
  parts: number
  oldestAt: Date | null
  /** Of the normal recipients that relays claimed in the last full minute. */
  share: number
  /** Of a recipient of it, until a relay claimed it; null without one. */
  waitMs: number | null
}

const SHOWN_MAX = 20

/** @returns the customers that others wait for: the largest backlogs of normal messages, and the largest shares. */
export function readBacklogs(db: Db): Promise<ListedBacklog[]> {
  return read(db, 'ops.list_backlogs', async (reader) => {
    const found = await findBacklogs(reader, SHOWN_MAX)
    return merge(found, await readProcesses(reader))
  })
}

function merge(found: FoundBacklog[], processes: RunningProcess[]): ListedBacklog[] {
  const reports = processes.flatMap(({ state }) => state.customers ?? [])
  const all = reports.reduce((sum, { recipients }) => sum + recipients, 0)
  const sums = new Map<number, { recipients: number; waitMs: number }>()
  for (const { userId, recipients, waitMs } of reports.flatMap(({ most }) => most)) {
    const before = sums.get(userId) ?? { recipients: 0, waitMs: 0 }
    sums.set(userId, { recipients: before.recipients + recipients, waitMs: before.waitMs + waitMs })
  }
  const ofShare = (userId: number) => {
    const { recipients, waitMs } = sums.get(userId) ?? { recipients: 0, waitMs: 0 }
    return { share: all === 0 ? 0 : recipients / all, waitMs: recipients === 0 ? null : waitMs / recipients }
  }
  const waiting = found.map((each) => ({ ...each, ...ofShare(each.userId) }))
  const others = [...sums.keys()]
    .filter((userId) => found.every((each) => each.userId !== userId))
    .map((userId) => ({ userId, name: null, weight: null, parts: 0, oldestAt: null, ...ofShare(userId) }))
  return [...waiting, ...others].sort((a, b) => b.parts - a.parts || b.share - a.share).slice(0, SHOWN_MAX)
}
