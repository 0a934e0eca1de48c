import type { Report, ReportPlan, ReportQuery, ReportRefusal, TopQuery } from '../index.ts'

/** A customer as reports name it. */
export interface NamedCustomer {
  userId: number
  publicId: string
  name: string
}

/** What the routes of reports need. */
export interface ReportActions {
  currency: string
  nowMs: () => number
  readReport: (query: ReportQuery) => Promise<Report | ReportRefusal>
  readTop: (query: TopQuery) => Promise<Report | ReportRefusal>
  readTopCustomers: (plan: ReportPlan) => Promise<Report | ReportRefusal>
  /** @returns undefined for an unknown one. */
  findCustomer: (publicId: string) => Promise<{ userId: number } | undefined>
  /** @returns the customers that have a name. */
  nameCustomers: (userIds: readonly number[]) => Promise<NamedCustomer[]>
}
