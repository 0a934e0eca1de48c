import type { Pass } from '../../src/audit/pass.ts'

/** What a pass examined and found, as `rule: subject`. */
export interface Result {
  rows: Record<string, number>
  violations: string[]
  steps: number
}

/** Lets a pass come to its end, or stops it after this many steps. */
export async function runPass(pass: Pass, rowsMax: number, stepsMax = Infinity): Promise<Result> {
  const result: Result = { rows: {}, violations: [], steps: 0 }
  while (!pass.isOver() && result.steps < stepsMax) {
    const { scan, rows, violations } = await pass.step(rowsMax)
    result.rows[scan] = (result.rows[scan] ?? 0) + rows
    for (const { rule, subject } of violations) result.violations.push(`${rule}: ${subject}`)
    result.steps++
  }
  return result
}
