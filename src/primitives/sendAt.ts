/** How far ahead a message may be scheduled. Its rows stay in the hot tables, and its price is charged, for that long. */
export const SEND_AT_DAYS_MAX = 35
const DAY_MS = 86_400_000

/** The date-time of RFC 3339, 5.6, with at most nine digits of a second, so that the text is bounded. */
const DATE_TIME = new RegExp(
  '^(?<date>\\d{4}-\\d\\d-\\d\\d)T(?<time>\\d\\d:\\d\\d:\\d\\d)(?:\\.(?<fraction>\\d{1,9}))?' +
    '(?:Z|(?<sign>[+-])(?<hours>[01]\\d|2[0-3]):(?<minutes>[0-5]\\d))$',
  'i',
)

export type SendAt =
  | { kind: 'time'; atMs: number }
  | {
      kind: 'fault'
      /** What the time must be, as a message about the field. */
      fault: string
    }

/**
 * Reads when a message is to be sent, in milliseconds of UTC: a date-time of RFC 3339 with its offset, from the
 * beginning of the second of `nowMs`, because a client's time may have whole seconds, to 35 days later, both included.
 * Finer fractions are cut off, and a leap second (second 60) is refused, because none is announced.
 */
export function parseSendAt(text: string, nowMs: number): SendAt {
  const match = DATE_TIME.exec(text)
  if (!match) return fault('must be a date and time with an offset, such as 2027-03-01T09:00:00+03:30')
  const atMs = readDateTime(match)
  if (atMs === undefined) return fault('must be a real date and time')
  if (atMs < Math.floor(nowMs / 1_000) * 1_000) return fault('must not be in the past')
  if (atMs > nowMs + SEND_AT_DAYS_MAX * DAY_MS) return fault(`must be at most ${SEND_AT_DAYS_MAX} days ahead`)
  return { kind: 'time', atMs }
}

function readDateTime({ groups = {} }: RegExpExecArray): number | undefined {
  const { date, time, fraction = '', sign, hours = 0, minutes = 0 } = groups
  const local = new Date(`${date}T${time}Z`)
  // A 30th of February becomes a day of March, and 24:00 one of tomorrow.
  const isReal = !Number.isNaN(local.getTime()) && local.toISOString().startsWith(`${date}T${time}.`)
  if (!isReal) return undefined
  const fractionMs = Number(fraction.slice(0, 3).padEnd(3, '0'))
  const offsetMs = (Number(hours) * 60 + Number(minutes)) * 60_000
  return local.getTime() + fractionMs - (sign === '-' ? -offsetMs : offsetMs)
}

function fault(message: string): SendAt {
  return { kind: 'fault', fault: message }
}
