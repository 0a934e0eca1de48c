import type { Spending } from '../../src/limits/index.ts'

/** The state before a customer's first expense. */
export const NOTHING_SPENT: Spending = { day: 0, ofDay: 0, ofMonth: 0 }
