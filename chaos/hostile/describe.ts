import type { CrowdResult } from './crowd.ts'
import { KINDS } from './plan.ts'
import type { Plan } from './plan.ts'
import type { Offence } from './tally.ts'
import type { Findings } from './verdict.ts'

const DUMPED_BYTES_MAX = 512
const DUMP_LINE_BYTES = 16
const SHOWN_MAX = 5

/** The tables at the end of a run. */
export function describeFindings(
  { tally, money, memory, readyStatus, isAuditClean }: Findings,
  crowd: CrowdResult,
): string[] {
  const rows = [...KINDS].flatMap((kind) => {
    const count = tally.kinds.get(kind)
    if (!count) return []
    const { requests, answered, closed, left, slowestMs } = count
    return [[kind, ...[requests, answered, closed, left].map(String), `${(slowestMs / 1_000).toFixed(1)} s`]]
  })
  const statuses = [...tally.statuses]
    .sort(([a], [b]) => a - b)
    .map(([status, count]) => [String(status), String(count)])
  return [
    ...table(['kind', 'requests', 'answered', 'closed', 'client left', 'slowest'], rows),
    '',
    ...table(['status', 'answers'], statuses),
    '',
    `money    ${money.confirmed} requests answered 200 and found in the ledger, ${money.refunds} refunds`,
    `         ${money.lostAndThere + money.lostAndNotThere} requests whose client did not wait for the answer: ${money.lostAndThere} are there wholly, ${money.lostAndNotThere} not at all`,
    `memory   ${memory.second.toFixed(0)} MiB in the second quarter, ${memory.last.toFixed(0)} in the last, ${memory.most.toFixed(0)} at most`,
    `crowd    ${crowd.connections} connections at once, ${crowd.answered} answered`,
    `ready    ${readyStatus ?? 'no answer'}`,
    `audit    ${isAuditClean ? 'clean' : 'found something'}`,
  ]
}

/** The first requests that were not answered as they should be, and how to send each again. */
export function describeOffences(seed: number, offences: readonly Offence[]): string[] {
  return offences
    .slice(0, SHOWN_MAX)
    .flatMap(({ plan, faults }) => [
      '',
      ...describePlan(plan),
      ...faults.map((fault) => `  ${fault}`),
      `  again: make hostile SEED=${seed} ONLY=${plan.index}`,
    ])
}

export function describePlan({ index, kind, note, then, bytes }: Plan): string[] {
  const rest = bytes.length - DUMPED_BYTES_MAX
  return [
    `request ${index}, ${kind}: ${note} (then: ${then}), ${bytes.length} bytes`,
    ...dump(bytes.subarray(0, DUMPED_BYTES_MAX)),
    ...(rest > 0 ? [`  ... and ${rest} more`] : []),
  ]
}

function dump(bytes: Buffer): string[] {
  const lines: string[] = []
  for (let at = 0; at < bytes.length; at += DUMP_LINE_BYTES) {
    const part = bytes.subarray(at, at + DUMP_LINE_BYTES)
    const hex = [...part].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
    const text = part.toString('latin1').replace(/[^ -~]/g, '.')
    lines.push(`  ${at.toString(16).padStart(4, '0')}  ${hex.padEnd(3 * DUMP_LINE_BYTES)} ${text}`)
  }
  return lines
}

function table(head: string[], rows: string[][]): string[] {
  const widths = head.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (row: string[]) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
  return [line(head), ...rows.map(line)]
}
