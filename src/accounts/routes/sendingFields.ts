import { z } from 'zod'
import { elseSay, wholeNumber } from '../../platform/http/index.ts'
import { UNITS_PER_SECOND_MAX } from '../../limits/index.ts'
import { NORMAL_WEIGHT_MAX } from '../../primitives/sendingPlan.ts'
import { isTimeZone } from '../../primitives/sendingWindow.ts'
import type { SendingWindow } from '../../primitives/sendingWindow.ts'
import type { AccessCustomer } from '../../primitives/access.ts'
import type { CustomerValues } from '../index.ts'

/** The size of the column; the longest name of the IANA database has 32 characters. */
const ZONE_CHARS_MAX = 50
const TIME_OF_DAY = /^([01]\d|2[0-3]):([0-5]\d)$/

const timeOfDay = (description: string, example: string) =>
  z
    .string(elseSay('must be a time of day such as 08:00'))
    .regex(TIME_OF_DAY, 'must be a time of day such as 08:00')
    .meta({ description, examples: [example] })

const WindowBody = z
  .strictObject({
    from: timeOfDay('Messages leave from this time of day on', '08:00'),
    to: timeOfDay('And no more from this one on; before `from`, the window passes midnight', '20:00'),
    time_zone: z
      .string(elseSay('must be the name of a time zone, such as Asia/Tehran'))
      .max(ZONE_CHARS_MAX)
      .refine(isTimeZone, 'must be the name of a time zone, such as Asia/Tehran')
      .meta({ description: 'A name of the IANA database', examples: ['Asia/Tehran'] }),
    express: z
      .boolean(elseSay('must be true or false'))
      .default(false)
      .meta({ description: 'Express messages keep to the window too' }),
  })
  .refine(({ from, to }) => from !== to, { path: ['to'], message: 'must differ from `from`' })

const WINDOW_DESCRIPTION =
  'Messages that are accepted outside leave at the next opening, and their validity counts from then; null for no window'

/** How a customer's messages leave, as an admin sets it. */
export const SENDING = {
  normal_weight: wholeNumber(1, NORMAL_WEIGHT_MAX).optional().meta({
    description:
      'Of a backlog of normal messages, customers send in proportion to their weights; 1 by default. Express messages leave by their deadlines, whatever it is',
  }),
  sending_parts_per_second: wholeNumber(1, UNITS_PER_SECOND_MAX).nullable().optional().meta({
    description:
      'Normal message parts leave at this rate at most, and what is accepted faster waits; null for no such bound. A change is for messages that are accepted later',
  }),
  sending_window: WindowBody.nullable().optional().meta({ description: WINDOW_DESCRIPTION }),
}

type SendingBody = z.output<z.ZodObject<typeof SENDING>>
type SendingValues = Pick<CustomerValues, 'normalWeight' | 'sendingPartsPerSecond' | 'sendingWindow'>

export function toSendingValues(body: SendingBody): Partial<SendingValues> {
  const { normal_weight, sending_parts_per_second, sending_window } = body
  return {
    ...(normal_weight === undefined ? {} : { normalWeight: normal_weight }),
    ...(sending_parts_per_second === undefined ? {} : { sendingPartsPerSecond: sending_parts_per_second }),
    ...(sending_window === undefined ? {} : { sendingWindow: sending_window && toWindow(sending_window) }),
  }
}

function toWindow({
  from,
  to,
  time_zone: timeZone,
  express,
}: NonNullable<SendingBody['sending_window']>): SendingWindow {
  return { fromMinute: toMinute(from), toMinute: toMinute(to), timeZone, hasExpress: express }
}

function toMinute(time: string): number {
  const [, hours, minutes] = TIME_OF_DAY.exec(time) ?? []
  return Number(hours) * 60 + Number(minutes)
}

/** The same, as it is shown. */
export const SHOWN_SENDING = {
  normal_weight: z.int().meta({ description: 'Its share of a backlog of normal messages, to others' }),
  sending_parts_per_second: z
    .int()
    .nullable()
    .meta({ description: 'Rate at which its normal parts leave at most; null for no such bound' }),
  sending_window: z
    .object({ from: z.string(), to: z.string(), time_zone: z.string(), express: z.boolean() })
    .nullable()
    .meta({ description: WINDOW_DESCRIPTION }),
}

export function toSendingItem({
  normalWeight,
  sendingPartsPerSecond,
  sendingWindow: window,
}: Pick<AccessCustomer, keyof SendingValues>): z.input<z.ZodObject<typeof SHOWN_SENDING>> {
  return {
    normal_weight: normalWeight,
    sending_parts_per_second: sendingPartsPerSecond,
    sending_window: window && {
      ...{ from: toTime(window.fromMinute), to: toTime(window.toMinute) },
      ...{ time_zone: window.timeZone, express: window.hasExpress },
    },
  }
}

function toTime(minute: number): string {
  const two = (number: number) => String(number).padStart(2, '0')
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`
}
