import { lineBudget, oncePerMinute } from '../platform/telemetry/index.ts'
import type { LogFields, Logger } from '../platform/telemetry/index.ts'

type Level = 'error' | 'warn' | 'info'
export type Write = (level: Level, message: string, fields: LogFields) => void

/** An outage or its end touches thousands of messages at once: beyond this many lines a second they are counted. */
const LINES_PER_SECOND_MAX = 20

/** For lines that each name another message. */
export function writeWithinBudget(logger: Logger): Write {
  const take = lineBudget(LINES_PER_SECOND_MAX)
  return (level, message, fields) => {
    const { granted, leftOut } = take()
    if (granted) logger[level](message, leftOut > 0 ? { ...fields, lines_left_out: leftOut } : fields)
    else logger.debug(message, fields)
  }
}

/** A line that repeats others with the same `by`. */
type Repeated = {
  by: LogFields
  /** A counted one. */
  example?: LogFields | undefined
} & ({ messages: number } | { failures: number })

export type WriteSum = (level: Level, message: string, repeated: Repeated) => void

/** One line a minute with the sum since the last; at debug each that is summed. */
export function writeSums(logger: Logger): WriteSum {
  const report = oncePerMinute()
  return (level, message, { by, example, ...counted }) => {
    const [name, count] =
      'messages' in counted ? ['messages', counted.messages] : ['failures', counted.failures]
    let isWritten = false
    report([message, ...Object.values(by).map(String)].join(' '), count, (sum) => {
      isWritten = true
      logger[level](message, { ...by, [name]: sum, ...example })
    })
    if (!isWritten) logger.debug(message, { ...by, [name]: count, ...example })
  }
}
