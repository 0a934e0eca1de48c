import type { Db } from '../../src/platform/db/index.ts'

/** The same database, and the names of the transactions and reads that ended on it, in order. */
export function observed(real: Db): { db: Db; operations: string[] } {
  const operations: string[] = []
  const db = {
    ...real,
    observe: (operation: string, _ms: number, outcome: string) => {
      operations.push(outcome === 'ok' ? operation : `${operation} ${outcome}`)
    },
  }
  return { db, operations }
}
