import type { OnLinkState } from '../platform/broker/index.ts'
import type { Logger } from '../platform/telemetry/index.ts'

/** A link that comes and goes is said once each time; attempts in between stay quiet at the default level. */
export function linkReporter(logger: Logger): OnLinkState {
  let last: string | undefined
  return (link, state, reason) => {
    const isWanted = state === 'up' || reason === 'closed'
    const level = isWanted ? 'info' : state === last ? 'debug' : 'warn'
    last = state
    logger[level]('broker link', { link, state, reason })
  }
}
