import winston from 'winston'
import { describe } from './describe.ts'
import { activeTraceFields } from './traceFields.ts'

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Facts beside the message. An Error goes under `error`; names are snake_case, units last. */
export type LogFields = Record<string, unknown>

/**
 * One JSON object a line. The message is a fixed sentence and everything variable is a field, so that fields can be
 * filtered, and no customer's text or number gets into a message.
 */
export interface Logger {
  error(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  debug(message: string, fields?: LogFields): void
  /** Whether this level is logged. Check it before building expensive fields. */
  writes(level: LogLevel): boolean
}

export interface LoggerOptions {
  level: LogLevel
  service: string
  version: string
  /** Names the process, where several write to one stream. */
  pid?: number
  /** Where lines go; standard output unless a test wants to read them. */
  stream?: NodeJS.WritableStream
}

export function createLogger({ stream = process.stdout, ...options }: LoggerOptions): Logger {
  const { level, service, version, pid } = options
  const source = { service, version, ...(pid === undefined ? {} : { pid }) }
  const sink = winston.createLogger({
    level,
    levels: { error: 0, warn: 1, info: 2, debug: 3 },
    format: winston.format.printf((line) => JSON.stringify(line)),
    transports: [new winston.transports.Stream({ stream })],
  })

  const write = (at: LogLevel, message: string, fields: LogFields = {}) => {
    if (!sink.isLevelEnabled(at)) return
    const facts = describe(fields, { withStacks: at === 'error' })
    // One object, because winston joins a field named `message` to the message of a call with two arguments.
    const line = { time: new Date().toISOString(), level: at, message, ...source }
    sink.log({ ...line, ...activeTraceFields(), ...without(facts) })
  }

  return {
    error: (message, fields) => write('error', message, fields),
    warn: (message, fields) => write('warn', message, fields),
    info: (message, fields) => write('info', message, fields),
    debug: (message, fields) => write('debug', message, fields),
    writes: (at) => sink.isLevelEnabled(at),
  }
}

const RESERVED = new Set(['time', 'level', 'message', 'service', 'version', 'pid'])

/** A field must not replace what every line carries. */
function without(facts: LogFields): LogFields {
  return Object.fromEntries(Object.entries(facts).filter(([name]) => !RESERVED.has(name)))
}
