import { seedCustomers } from './customers.ts'
import { startCrew } from './crew.ts'
import type { Crew, CrewOptions } from './crew.ts'
import { withDatabase } from './database.ts'
import type { Database } from './database.ts'
import { freshTables } from './fresh.ts'
import type { StopList } from '../../../dev/processes/stopList.ts'

export interface WithCrewOptions extends CrewOptions {
  stopList: StopList
  customers: number
  /** More rows, before the engine starts. */
  fill?: (database: Database) => Promise<void>
}

/** A balance that no load can exhaust. */
export const BALANCE = 1_000_000_000

/** Prepares fresh tables, customers with balances and an engine, and stops the engine after the work. */
export async function withCrew<T>(options: WithCrewOptions, use: (crew: Crew) => Promise<T>): Promise<T> {
  const { stage, stopList, customers, fill } = options
  const { servers } = stage
  await freshTables(servers)
  await withDatabase(servers.databaseUrl, async (database) => {
    await seedCustomers(database, customers, BALANCE)
    await fill?.(database)
  })
  const crew = await startCrew(options)
  stopList.add(() => crew.stop())
  try {
    return await use(crew)
  } finally {
    await crew.stop()
  }
}
