import type { MissesPage, MissesQuery } from '../index.ts'

/** What the routes of deadlines need. */
export interface DeadlineActions {
  /** By the database's clock. */
  nowMs: () => number
  listMisses: (query: MissesQuery) => Promise<MissesPage>
  /** @returns undefined for an unknown one. */
  findCustomer: (publicId: string) => Promise<{ userId: number } | undefined>
}
