import { addLatency, encode, merge } from '../../../src/reports/sketch.ts'
import type { Sketch } from '../../../src/reports/sketch.ts'

/** A customer whose messages are drawn. */
export interface Sender {
  userId: number
  messagesPerDay: number
  /** Of its messages, by country: the operators that take them. */
  countries: { country: string; share: number; operators: string[] }[]
}

/** One row of a rollup, without its period. */
export interface RollupRow {
  userId: number
  type: string
  operator: string
  country: string
  result: string
  messages: number
  parts: number
  charged: number
  refunded: number
  handovers: number
  handoverMs: number
  deliveries: number
  deliveryMs: number
  cost: number
  costed: number
  handover: Sketch
  delivery: Sketch
}

export type RollupRows = Map<string, RollupRow>

const EXPRESS_SHARE = 0.2
const RESULTS: [result: string, share: number][] = [
  ['delivered', 0.93],
  ['undelivered', 0.035],
  ['sent', 0.02],
  ['failed', 0.015],
]
/** Medians and spreads of latencies, lognormal. */
const HAND_OVER = { medianMs: 180, sigma: 0.7 }
const DELIVERY = { medianMs: 4_500, sigma: 1.1 }
/** Above this mean the normal distribution is near enough. */
const POISSON_MAX = 30

/** Draws what a customer sent in a period and adds it to the rows, also to those of user 0. */
export function drawInto(rows: RollupRows, sender: Sender, periodMs: number, random: () => number): void {
  const mean = (sender.messagesPerDay * periodMs) / 86_400_000
  for (const { country, share, operators } of sender.countries)
    for (const operator of operators)
      for (const [type, ofType] of [
        ['normal', 1 - EXPRESS_SHARE],
        ['express', EXPRESS_SHARE],
      ] as const)
        for (const [result, ofResult] of RESULTS) {
          const messages = poisson((mean * share * ofType * ofResult) / operators.length, random)
          if (messages === 0) continue
          const row = draw(
            { ...{ userId: sender.userId, type, country, result, messages } },
            operator,
            random,
          )
          addRow(rows, row)
          addRow(rows, { ...row, userId: 0 })
        }
}

/** Adds a row to the one with the same key. */
export function addRow(rows: RollupRows, row: RollupRow): void {
  const key = [row.userId, row.type, row.operator, row.country, row.result].join()
  const sum = rows.get(key)
  if (!sum) {
    rows.set(key, { ...row, handover: new Map(row.handover), delivery: new Map(row.delivery) })
    return
  }
  for (const figure of FIGURES) sum[figure] += row[figure]
  merge(sum.handover, row.handover)
  merge(sum.delivery, row.delivery)
}

const FIGURES = [
  ...(['messages', 'parts', 'charged', 'refunded'] as const),
  ...(['handovers', 'handoverMs', 'deliveries', 'deliveryMs', 'cost', 'costed'] as const),
] as const

/** As toValues() has them. */
export const ROLLUP_COLUMNS = `user_id, started_at, type, operator, country, result, messages, parts, charged, refunded,
  handovers, handover_ms, deliveries, delivery_ms, cost, costed, handover_sketch, delivery_sketch`

/** The values of a row, in the order of ROLLUP_COLUMNS. */
export function toValues(startedAt: string, row: RollupRow): unknown[] {
  return [
    ...[row.userId, startedAt, row.type, row.operator, row.country, row.result],
    ...FIGURES.map((figure) => row[figure]),
    ...[encode(row.handover), encode(row.delivery)],
  ]
}

function draw(
  of: Pick<RollupRow, 'userId' | 'type' | 'country' | 'result' | 'messages'>,
  takenBy: string,
  random: () => number,
): RollupRow {
  const { messages, result } = of
  const isHandedOver = result !== 'failed'
  const handover = new Map<number, number>()
  const delivery = new Map<number, number>()
  const handoverMs = isHandedOver ? drawLatencies(handover, messages, HAND_OVER, random) : 0
  const deliveryMs = result === 'delivered' ? drawLatencies(delivery, messages, DELIVERY, random) : 0
  return {
    ...of,
    ...{ operator: isHandedOver ? takenBy : '', parts: messages, charged: messages, handover, delivery },
    ...{ refunded: result === 'failed' ? messages : 0, handovers: isHandedOver ? messages : 0, handoverMs },
    ...{ deliveries: result === 'delivered' ? messages : 0, deliveryMs },
    ...{ cost: isHandedOver ? messages : 0, costed: isHandedOver ? messages : 0 },
  }
}

/** @returns their sum. */
function drawLatencies(
  into: Sketch,
  count: number,
  { medianMs, sigma }: { medianMs: number; sigma: number },
  random: () => number,
): number {
  let sum = 0
  for (let i = 0; i < count; i++) {
    const ms = Math.round(medianMs * Math.exp(sigma * gauss(random)))
    addLatency(into, ms)
    sum += ms
  }
  return sum
}

function poisson(mean: number, random: () => number): number {
  if (mean > POISSON_MAX) return Math.max(0, Math.round(mean + Math.sqrt(mean) * gauss(random)))
  const end = Math.exp(-mean)
  let count = -1
  for (let product = 1; product > end; product *= random()) count++
  return count
}

/** Normally distributed, by Box and Muller. */
function gauss(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}
