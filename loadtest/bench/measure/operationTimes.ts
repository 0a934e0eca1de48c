/** How often an engine process ran each database operation so far, and how long that took. */
export type OperationTotals = Map<string, { count: number; seconds: number }>

const TIMEOUT_MS = 5_000
const LINE = /^chapar_db_operation_duration_seconds_(count|sum)\{([^}]*)\} (\S+)$/

/** Reads them from the metrics of a process. Rejects when it does not serve them. */
export async function readOperationTotals(processUrl: string): Promise<OperationTotals> {
  const response = await fetch(`${processUrl}/metrics`, { signal: AbortSignal.timeout(TIMEOUT_MS) })
  if (!response.ok) throw new Error(`${processUrl}/metrics answered ${response.status}`)
  return parseOperationTotals(await response.text())
}

/** Only operations that succeeded: a retried one counts with its last attempt. */
export function parseOperationTotals(text: string): OperationTotals {
  const totals: OperationTotals = new Map()
  for (const line of text.split('\n')) {
    const [, what, labels = '', value] = LINE.exec(line) ?? []
    const [, operation] = /operation="([^"]*)"/.exec(labels) ?? []
    if (operation === undefined || !labels.includes('outcome="ok"')) continue
    const total = totals.get(operation) ?? { count: 0, seconds: 0 }
    total[what === 'sum' ? 'seconds' : 'count'] = Number(value)
    totals.set(operation, total)
  }
  return totals
}

/** @returns the mean time of one run of an operation between two readings, in ms; NaN if it did not run. */
export function meanMsBetween(before: OperationTotals, after: OperationTotals, operation: string): number {
  const runs = totalOf(after, operation).count - totalOf(before, operation).count
  return (secondsBetween(before, after, operation) * 1_000) / runs
}

/** @returns the time of all runs of an operation between two readings; 0 if it did not run. */
export function secondsBetween(before: OperationTotals, after: OperationTotals, operation: string): number {
  return totalOf(after, operation).seconds - totalOf(before, operation).seconds
}

function totalOf(totals: OperationTotals, operation: string): { count: number; seconds: number } {
  return totals.get(operation) ?? { count: 0, seconds: 0 }
}
