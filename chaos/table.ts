import { describeShortfalls } from './floors.ts'
import type { Recovery } from './recovery.ts'
import { isRecoveredInTime } from './recovery.ts'
import { scenarioOf } from './options.ts'
import type { ChaosOptions } from './options.ts'
import { FINDINGS } from './proof/prove.ts'
import type { Finding, Proof } from './proof/prove.ts'
import type { Measured } from './startWorld.ts'
import { ROLES, STEPS } from './steps.ts'

/** All that a run came to, as it is written to the result's file. */
export interface Outcome {
  options: ChaosOptions
  command: string
  seconds: number
  servers: string
  /** The commit that the run began with; undefined: none, the clone lacks the baseline. */
  upgradedFrom: string | undefined
  faults: Record<string, number>
  kills: Record<string, number>
  answers: Record<string, number>
  requests: { sent: number; accepted: number; refused: number; unknown: number }
  proof: Proof
  recoveries: Recovery[]
  problems: string[]
  measured?: Measured
}

/** Of each kind of finding: enough to see what is wrong; the result's file has more. */
const LISTED_MAX = 10

/** As Markdown: it is read in a terminal and stands in the documentation as it is. */
export function describeOutcome(outcome: Outcome): string[] {
  const { proof, faults, kills, answers, recoveries, servers, seconds, command, measured } = outcome
  const { deliveries, events, guarantees } = proof
  const states = Object.entries(proof.states).map(([state, count]) => `${count} ${state}`)
  return [
    `\`${command}\`, ${Math.round(seconds)} s, ${servers}${describeUpgrade(outcome)}`,
    '',
    ...(measured ? [...measured.lines, ''] : []),
    ...(measured ? [] : [...table(['faults', 'times'], rowsOf(faults)), '']),
    ...(measured ? [] : [...table(['kill -9', 'times'], killRows(kills)), '']),
    ...table(
      ['what clients saw', 'times'],
      [['requests', sum(Object.values(answers))] as const, ...rowsOf(answers)],
    ),
    '',
    `${proof.requests} requests with ${proof.recipients} messages were accepted: ${states.join(', ')}. ` +
      `${proof.duplicatesMarked} were marked as possible duplicates, ${proof.duplicatesSeen} were sent more than once. ` +
      `${proof.takenAndRefunded} were sent and refunded, as the result stayed unknown; ` +
      `${proof.quarantined} are in quarantine.`,
    '',
    `${proof.repeated} requests were repeated under their idempotency keys; ` +
      `${proof.handedOverAsScheduled} scheduled messages were handed over. ${proof.bulks} bulks, ` +
      `${proof.testMessages} test messages and ${proof.keyedTopUps} top-ups under keys were accepted, ` +
      `${proof.tariffed} messages by tariffs; ${proof.spendRefusals} requests were refused for the limit of a day.`,
    '',
    `${guarantees.hedges} express messages were sent to a second operator while the first had not answered. ` +
      `${guarantees.missed} guarantees were missed; ${guarantees.compensated} of them were compensated with ` +
      `${guarantees.compensation}, and ${guarantees.due} are due.`,
    '',
    `${proof.takenOverSmpp} messages were taken over SMPP. Receipts said of ${deliveries.delivered} that they were ` +
      `delivered, and of ${deliveries.undelivered} that they were not; of ${deliveries.undecided}, whose answer was lost, ` +
      `no receipt can be expected. ${events.logged} events were logged; endpoints got ${events.atEndpoints} of them, and ` +
      `addresses of single messages ${events.atCallbacks}; ${events.failedRequests} requests failed there.`,
    '',
    ...table(
      ['found', 'times'],
      Object.entries(FINDINGS).map(
        ([finding, meaning]) => [meaning, proof.findings[finding as Finding].count] as const,
      ),
    ),
    ...(recoveries.length === 0 ? [] : ['', ...describeRecoveries(recoveries)]),
  ]
}

function describeUpgrade({ options, upgradedFrom }: Outcome): string {
  if (scenarioOf(options)) return ''
  return upgradedFrom ? `, upgraded from ${upgradedFrom}` : ', NOT upgraded: this clone lacks the baseline'
}

/** What is wrong, one line each. */
export function describeFindings(outcome: Outcome): string[] {
  const { proof, recoveries, problems, measured } = outcome
  const found = Object.entries(proof.findings).flatMap(([finding, { count, lines }]) => {
    const shown = lines.slice(0, LISTED_MAX).map((line) => `${finding}: ${line}`)
    return count > shown.length ? [...shown, `${finding}: and ${count - shown.length} more`] : shown
  })
  const slow = recoveries
    .filter((each) => !isRecoveredInTime(each))
    .map(
      (each) =>
        `recovery: ${each.kind}: ${secondsOf(each)} s, and at most ${each.withinMs / 1_000} were allowed`,
    )
  const run = [...problems, ...describeShortfalls(outcome), ...(measured?.missed ?? [])].map(
    (line) => `the run: ${line}`,
  )
  return [...found, ...slow, ...run]
}

function describeRecoveries(recoveries: Recovery[]): string[] {
  return table(
    ['alone', 'recovered after, s'],
    recoveries.map((each) => [
      isRecoveredInTime(each) ? each.kind : `${each.kind} (TOO LATE)`,
      secondsOf(each),
    ]),
  )
}

function secondsOf({ recoveredMs }: Recovery): string {
  return recoveredMs === undefined ? 'not recovered' : (recoveredMs / 1_000).toFixed(1)
}

function killRows(kills: Record<string, number>): (readonly [string, number])[] {
  const random = ROLES.map((role) => [`${role}, at a random instant`, kills[role] ?? 0] as const)
  const steps = ROLES.flatMap((role) =>
    STEPS[role].map((step) => [`${role}, at ${step}`, kills[`${role} at ${step}`] ?? 0] as const),
  )
  return [...random, ...steps]
}

function rowsOf(counts: Record<string, number>): (readonly [string, number])[] {
  return Object.entries(counts).toSorted(([one], [other]) => one.localeCompare(other))
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}

function table(head: readonly [string, string], rows: (readonly [string, string | number])[]): string[] {
  const width = Math.max(head[0].length, ...rows.map(([what]) => what.length))
  const end = Math.max(head[1].length, ...rows.map(([, value]) => String(value).length))
  const line = (what: string, value: string) => `| ${what.padEnd(width)} | ${value.padStart(end)} |`
  return [
    line(...head),
    `| ${'-'.repeat(width)} | ${'-'.repeat(Math.max(1, end - 1))}: |`,
    ...rows.map(([what, value]) => line(what, String(value))),
  ]
}
