import { post, recipients, waitedTooLong } from './api.ts'
import type { Accepted } from './api.ts'

interface Refused {
  status: number
  code: string | undefined
  tookMs: number
}

/** What a client of the load knows afterwards. */
export interface LoadRecord {
  /** Answered 200: must be there, and end. */
  accepted: Accepted[]
  /** Answered with a refusal: must have changed nothing. */
  refused: Refused[]
  /** No answer: wholly there or wholly absent. */
  unanswered: number
  /** Stops offering; resolves when every request has its answer or lost it. */
  stop(): Promise<void>
}

export interface LoadOptions {
  customers: number[]
  /** Requests under way at once. */
  concurrency: number
  recipientsPerRequest?: number
  /** An answer that has not come by then counts as none; by default as long as fetch waits. */
  giveUpAfterMs?: number
}

/** Whoever waits too long on a machine that stands still is refused as well. */
export function refusedForAnotherReason({ refused }: Pick<LoadRecord, 'refused'>): Refused[] {
  return refused.filter(({ code, tookMs }) => !waitedTooLong(code, tookMs))
}

/** Offers requests, each begun when one ends, until told to stop. Every third is express. */
export function offerLoad(url: string, options: LoadOptions): LoadRecord {
  const { customers, concurrency, recipientsPerRequest = 1, giveUpAfterMs } = options
  let stopping = false
  let sent = 0
  const record = { accepted: [] as Accepted[], refused: [] as Refused[], unanswered: 0 }
  const sendOne = async () => {
    const number = sent++
    const request = {
      customer_id: customers[number % customers.length],
      text: `load ${number}`,
      type: number % 3 === 0 ? 'express' : 'normal',
      recipients: recipients(recipientsPerRequest, number * recipientsPerRequest),
    }
    const signal = giveUpAfterMs === undefined ? {} : { signal: AbortSignal.timeout(giveUpAfterMs) }
    const startedMs = performance.now()
    try {
      const { status, body } = await post<Accepted & { code?: string }>(url, '/sms/send', request, signal)
      if (status === 200) record.accepted.push(body)
      else record.refused.push({ status, code: body.code, tookMs: performance.now() - startedMs })
    } catch {
      record.unanswered++
      // A server that is gone refuses at once; without a turn for others this would be a busy loop.
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  const worker = async () => {
    while (!stopping) await sendOne()
  }
  const workers = Array.from({ length: concurrency }, worker)
  return Object.assign(record, {
    stop: async () => {
      stopping = true
      await Promise.all(workers)
    },
  })
}
