import { Writable } from 'node:stream'
import { createLogger } from '../../src/platform/telemetry/index.ts'
import type { LogLevel, Logger } from '../../src/platform/telemetry/index.ts'

export interface MemoryLog {
  logger: Logger
  /** What was written so far, as text. */
  text: () => string
  lines: () => Record<string, unknown>[]
}

/** The real logger, writing to where a test can read. */
export function memoryLog(level: LogLevel = 'info'): MemoryLog {
  let written = ''
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      written += chunk.toString()
      done()
    },
  })
  return {
    logger: createLogger({ level, service: 'chapar', version: '0.0.0', stream }),
    text: () => written,
    lines: () =>
      written
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>),
  }
}
