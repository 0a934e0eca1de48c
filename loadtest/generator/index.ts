export {
  addHistogram,
  createHistogram,
  mergeRecords,
  percentilesOf,
  recordMs,
  toRecord,
} from './histogram.ts'
export type { Histogram, HistogramRecord } from './histogram.ts'
export { SKEWS } from './plan.ts'
export type { GeneratorCounts, GeneratorPlan, GeneratorProgress, GeneratorResult, Skew } from './plan.ts'
export { countByCustomer } from './requests.ts'
export { startGenerator } from './start.ts'
export type { GeneratorOptions } from './start.ts'
export { isAccepting } from './tally.ts'
export { requestsOf } from './timetable.ts'
