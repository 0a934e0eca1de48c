import type { LinkState, OnLinkState } from '../platform/broker/index.ts'
import type { Logger } from '../platform/telemetry/index.ts'

const MESSAGES: Record<LinkState, string> = {
  up: 'connected to RabbitMQ',
  down: 'disconnected from RabbitMQ',
  blocked: 'RabbitMQ accepts no publishes, because of an alarm',
}

/** A continuing failure is logged again after this time, with the latest reason. */
const REPEAT_AFTER_MS = 60_000

/** Logs each change of a connection with its reason, and failed attempts to reconnect once a minute. */
export function linkReporter(logger: Logger, nowMs: () => number = () => performance.now()): OnLinkState {
  const last = new Map<string, { state: LinkState; atMs: number }>()
  return (link, state, reason) => {
    const before = last.get(link)
    const isRepeated = before?.state === state && nowMs() - before.atMs < REPEAT_AFTER_MS
    if (!isRepeated) last.set(link, { state, atMs: nowMs() })
    const isWanted = state === 'up' || reason === 'closed'
    logger[isRepeated ? 'debug' : isWanted ? 'info' : 'warn'](MESSAGES[state], { link, reason })
  }
}
