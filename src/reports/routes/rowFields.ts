import { z } from 'zod'
import type { ReportResult } from '../../../db/schema.ts'
import { money } from '../../platform/http/index.ts'
import { CLASSES } from '../../primitives/messageClass.ts'
import type { Latency, Point } from '../index.ts'

/** Results of messages, as reports name them. */
export const REPORT_STATUSES = ['OPEN', 'SENT', 'DELIVERED', 'UNDELIVERED', 'FAILED', 'CANCELLED'] as const

const UNKNOWN_COUNTRY = 'ZZ'

/** What a row is of, beside its period. */
export const groupFields = {
  type: z.enum(CLASSES).optional(),
  operator: z.string().nullable().optional().meta({ description: 'Null where none took them' }),
  country: z
    .string()
    .nullable()
    .optional()
    .meta({ description: 'Two letters of ISO 3166-1; null where the number does not say it' }),
  status: z.enum(REPORT_STATUSES).optional().meta({
    description:
      '`OPEN`: not handed over yet. `SENT`: an operator has it, and no receipt has ended it. Both may still change',
  }),
}

export function toGroupFields({
  type,
  operator,
  country,
  status,
}: Point): z.input<z.ZodObject<typeof groupFields>> {
  return {
    ...(type !== undefined && { type }),
    ...(operator !== undefined && { operator: operator === '' ? null : operator }),
    ...(country !== undefined && { country: country === UNKNOWN_COUNTRY ? null : country }),
    ...(status !== undefined && { status: toStatus(status) }),
  }
}

function toStatus(result: ReportResult): (typeof REPORT_STATUSES)[number] {
  return result.toUpperCase() as Uppercase<ReportResult>
}

export const messageFields = {
  messages: z.int().meta({ description: 'Recipients, test messages left out' }),
  parts: z.int().meta({ description: 'Message parts' }),
}

export function toMessageFields({ messages, parts }: Point) {
  return { messages, parts }
}

export const spendFields = {
  ...messageFields,
  charged_cents: money('The prices of the messages'),
  refunded_cents: money('What of it was refunded'),
  spent_cents: money('Charged without what was refunded'),
}

export function toSpendFields({ charged, refunded, ...point }: Point) {
  return {
    ...toMessageFields({ charged, refunded, ...point }),
    ...{ charged_cents: charged, refunded_cents: refunded, spent_cents: charged - refunded },
  }
}

export const costFields = {
  revenue_cents: money('The prices of the messages without what was refunded'),
  cost_cents: money('What operators charge for the messages that they took, where that is known'),
  margin_cents: z.int().meta({ description: 'Revenue less cost; below 0 where operators charge more' }),
  cost_unknown: z.int().meta({
    description:
      'Messages that an operator took and whose cost is not known: the margin includes none for them',
  }),
}

/** Without a price of its operator for the number, at its hand-over, the cost of a message is not known. */
export function toCostFields({ charged, refunded, cost, costed, results }: Point) {
  const revenue = charged - refunded
  const taken = results.sent + results.delivered + results.undelivered
  return {
    ...{ revenue_cents: revenue, cost_cents: cost, margin_cents: revenue - cost },
    cost_unknown: taken - costed,
  }
}

export const marginFields = { ...messageFields, ...costFields }

export function toMarginFields(point: Point) {
  return { ...toMessageFields(point), ...toCostFields(point) }
}

const share = (of: string) =>
  z
    .number()
    .nullable()
    .meta({ description: `${of}, of all messages: 0 to 1; null without any` })
const ms = (description: string) => z.int().nullable().meta({ description })
const MEAN = 'Mean milliseconds from when a message was due'
const PERCENTILE = 'Milliseconds that this share did not exceed, by 2.5 %'

export const deliveryFields = {
  messages: messageFields.messages,
  ...{ open: z.int(), sent: z.int(), delivered: z.int(), undelivered: z.int(), failed: z.int() },
  cancelled: z.int(),
  ...{ delivered_share: share('Delivered'), undelivered_share: share('Undelivered') },
  failed_share: share('Failed'),
  hand_over_mean_ms: ms(`${MEAN} to its hand-over to an operator; null without any`),
  ...{ hand_over_p50_ms: ms(PERCENTILE), hand_over_p95_ms: ms(PERCENTILE), hand_over_p99_ms: ms(PERCENTILE) },
  delivery_mean_ms: ms(`${MEAN} to its delivery; null without any`),
  ...{ delivery_p50_ms: ms(PERCENTILE), delivery_p95_ms: ms(PERCENTILE), delivery_p99_ms: ms(PERCENTILE) },
}

export const DELIVERY_COLUMNS = [
  ...(['handovers', 'handover_ms', 'handover_sketch'] as const),
  ...(['deliveries', 'delivery_ms', 'delivery_sketch'] as const),
] as const

export function toDeliveryFields({ messages, results, handover, delivery }: Point) {
  const shareOf = (result: ReportResult) => (messages === 0 ? null : round(results[result] / messages))
  const { open, sent, delivered, undelivered, failed, cancelled } = results
  return {
    ...{ messages, open, sent, delivered, undelivered, failed, cancelled },
    ...{ delivered_share: shareOf('delivered'), undelivered_share: shareOf('undelivered') },
    failed_share: shareOf('failed'),
    ...{ hand_over_mean_ms: meanOf(handover), hand_over_p50_ms: handover.percentiles?.p50 ?? null },
    hand_over_p95_ms: handover.percentiles?.p95 ?? null,
    hand_over_p99_ms: handover.percentiles?.p99 ?? null,
    ...{ delivery_mean_ms: meanOf(delivery), delivery_p50_ms: delivery.percentiles?.p50 ?? null },
    delivery_p95_ms: delivery.percentiles?.p95 ?? null,
    delivery_p99_ms: delivery.percentiles?.p99 ?? null,
  }
}

/** More digits say nothing of what people send. */
function round(share: number): number {
  return Math.round(share * 1e6) / 1e6
}

function meanOf({ count, sumMs }: Latency): number | null {
  return count === 0 ? null : Math.round(sumMs / count)
}
