import { read } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import { madeAtMs } from '../primitives/identifier.ts'
import type { Identifier } from '../primitives/identifier.ts'
import { Problem } from '../primitives/problem.ts'
import { readHistoryBegins } from './begins.ts'

/** As answers say it: the time of a bound, or undefined while nothing is removed. */
export function historyBeginsAt(bound: Identifier | null): string | undefined {
  return bound === null ? undefined : new Date(madeAtMs(bound)).toISOString()
}

/** The answer for every identifier of before that time, also another customer's, and one that was never given. */
export function removedProblem(beginsAt: string): Problem {
  return new Problem(404, 'message_not_found', `Messages of before ${beginsAt} are removed.`)
}

/** For a message that was not found. @throws Problem 404 that says so when it would be removed by now. */
export async function refuseRemoved(db: Db, smsIdentifier: Identifier): Promise<undefined> {
  const { messages } = await read(db, 'history.begins', readHistoryBegins)
  if (messages === null || smsIdentifier.toLowerCase() >= messages) return undefined
  throw removedProblem(new Date(madeAtMs(messages)).toISOString())
}
