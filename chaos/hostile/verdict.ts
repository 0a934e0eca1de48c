import type { Comparison } from './book.ts'
import type { MemoryVerdict } from './memory.ts'
import type { Tally } from './tally.ts'

export interface Findings {
  tally: Tally
  money: Comparison
  memory: MemoryVerdict
  /** The final answer of /readyz; undefined without one. */
  readyStatus: number | undefined
  isAuditClean: boolean
}

/** @returns a line for each violated invariant; none if all held. */
export function verdictOf({ tally, money, memory, readyStatus, isAuditClean }: Findings): string[] {
  const faults: string[] = []
  if (tally.offenders > 0) faults.push(`${tally.offenders} requests were not answered as they should be`)
  faults.push(...money.faults.map((fault) => `money: ${fault}`))
  if (money.confirmed === 0) faults.push('money: no request was accepted, so nothing was proven')
  faults.push(...memory.faults)
  if (readyStatus !== 200) faults.push(`the engine answers ${readyStatus ?? 'nothing'} at /readyz`)
  if (!isAuditClean) faults.push('the audit found something')
  return faults
}
