import { clearHistogram, createHistogram, percentilesOf, recordMs, toRecord } from './histogram.ts'
import type { RequestResult } from './exchange.ts'
import type { GeneratorCounts, GeneratorProgress, GeneratorResult } from './plan.ts'
import type { Timetable } from './timetable.ts'

/** One request that has ended; times on the generator's own clock. */
export interface Ended extends RequestResult {
  isWarmUp: boolean
  customer: number
  dueMs: number
  sentMs: number
  endedMs: number
}

/** Whether a request with this answer was accepted: by seed 003's route, or by `/v1`. */
export function isAccepting(answer: string): boolean {
  return answer === '200' || answer === '202'
}

/** Figures of the requests of one second. */
export type SecondCounts = Pick<
  GeneratorProgress,
  'answeredRequests' | 'refusedRequests' | 'acceptedRecipients' | 'http'
>

export type TallySum = Pick<
  GeneratorResult,
  'answers' | 'acceptedRecipients' | 'http' | 'service' | 'lateness' | 'acceptedByCustomer'
> & {
  warmUp: Pick<GeneratorCounts, 'answers' | 'acceptedRecipients'>
  /** Within the measured time. */
  answeredInTime: number
  acceptedInTime: number
}

/**
 * Counts results of requests in bounded memory. A request that ends in the measured time counts for its rates, whenever
 * it was due. `customers` is the number of customers whose accepted recipients are counted separately.
 */
export function createTally(
  { measuredFromMs, measuredUntilMs }: Pick<Timetable, 'measuredFromMs' | 'measuredUntilMs'>,
  customers: number,
) {
  const measured = { answers: new Map<string, number>(), acceptedRecipients: 0 }
  const warmUp = { answers: new Map<string, number>(), acceptedRecipients: 0 }
  const [http, service, lateness] = [createHistogram(), createHistogram(), createHistogram()]
  const byCustomer = new Uint32Array(customers)
  const ofSecond = createHistogram()
  let second = { answeredRequests: 0, refusedRequests: 0, acceptedRecipients: 0 }
  let answeredInTime = 0
  let acceptedInTime = 0

  return {
    add({ answer, acceptedRecipients, isWarmUp, customer, dueMs, sentMs, endedMs }: Ended): void {
      const counts = isWarmUp ? warmUp : measured
      counts.answers.set(answer, (counts.answers.get(answer) ?? 0) + 1)
      counts.acceptedRecipients += acceptedRecipients
      if (customer < customers) byCustomer[customer] = (byCustomer[customer] ?? 0) + acceptedRecipients
      if (endedMs >= measuredFromMs && endedMs < measuredUntilMs) {
        answeredInTime++
        acceptedInTime += acceptedRecipients
      }
      second.answeredRequests++
      if (!isAccepting(answer)) second.refusedRequests++
      second.acceptedRecipients += acceptedRecipients
      recordMs(ofSecond, endedMs - dueMs)
      if (isWarmUp) return
      recordMs(http, endedMs - dueMs)
      recordMs(service, endedMs - sentMs)
      recordMs(lateness, sentMs - dueMs)
    },
    /** The figures since the last call. */
    takeSecond(): SecondCounts {
      const taken = { ...second, http: percentilesOf(ofSecond) }
      second = { answeredRequests: 0, refusedRequests: 0, acceptedRecipients: 0 }
      clearHistogram(ofSecond)
      return taken
    },
    sum(): TallySum {
      return {
        ...plain(measured),
        http: toRecord(http),
        service: toRecord(service),
        lateness: toRecord(lateness),
        warmUp: plain(warmUp),
        ...(customers > 0 && { acceptedByCustomer: [...byCustomer] }),
        answeredInTime,
        acceptedInTime,
      }
    },
  }
}

function plain(counts: { answers: Map<string, number>; acceptedRecipients: number }) {
  return { ...counts, answers: Object.fromEntries([...counts.answers].sort()) }
}
