import type { Sent } from '../clients/record.ts'
import type { Measured } from '../startWorld.ts'

/** What a client may meet while processes are replaced in order: a refusal that asks it to come again, or no listener. */
const PLANNED = /^(?:202|202 replayed|503 \w+|no connection)$/
/** Fewer requests would say that the restarts hardly met any. */
const PER_RESTART_MIN = 10

export interface Restarts {
  /** Processes that were replaced. */
  count: number
  /** Answers to the clients of the scenario, by status and code. */
  answers: ReadonlyMap<string, number>
  /** Recipients that were marked as possible duplicates. */
  marked: number
}

/** Of clients that repeat what was refused or not answered, under its idempotency key. */
export function describeRestarts(sent: readonly Sent[], { count, answers, marked }: Restarts): Measured {
  const accepted = sent.filter(({ answered }) => answered === 'accepted')
  const repeated = sent.filter(({ repeated: tries }) => (tries?.tries ?? 1) > 1)
  const most = Math.max(0, ...sent.map(({ repeated: tries }) => tries?.tries ?? 1))
  const missed = [...answers]
    .filter(([label]) => !PLANNED.test(label))
    .map(([label, times]) => `clients got ${label} ${times} times`)
  if (accepted.length < sent.length)
    missed.push(`${sent.length - accepted.length} of ${sent.length} messages were not accepted in the end`)
  if (sent.length < count * PER_RESTART_MIN)
    missed.push(`only ${sent.length} messages were sent around ${count} restarts`)
  // Work in flight ends by itself within the deadline: nothing has to be guessed.
  if (marked > 0) missed.push(`${marked} recipients were marked as possible duplicates`)
  const others = [...answers]
    .filter(([label]) => !label.startsWith('202'))
    .map(([label, times]) => `${times} ${label}`)
  const lines = [
    `${count} processes were restarted one after the other, those of every role, while ${sent.length} messages were sent: ` +
      `${accepted.length} were accepted, ${repeated.length} of them at a repeat, the last one after ${most} tries. Clients ` +
      `met ${others.length > 0 ? others.join(', ') : 'no refusal'}. ${marked} recipients were marked as possible duplicates.`,
  ]
  return { lines, missed }
}
