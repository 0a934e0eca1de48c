import { createRequire } from 'node:module'
import type * as DuckDb from '@duckdb/node-api'

const NAME = '@duckdb/node-api'

/** The optional package that writes Parquet is not installed. */
export class ParquetMissing extends Error {
  constructor(cause: unknown) {
    super(`Parquet needs the package ${NAME}, which is not installed`, { cause })
    this.name = 'ParquetMissing'
  }
}

export function hasParquet(): boolean {
  try {
    createRequire(import.meta.url).resolve(NAME)
    return true
  } catch {
    return false
  }
}

/** Loaded when it is needed: its library has 60 MB. @throws ParquetMissing. */
export async function loadDuckDb(): Promise<typeof DuckDb> {
  try {
    return await import('@duckdb/node-api')
  } catch (error) {
    throw new ParquetMissing(error)
  }
}
