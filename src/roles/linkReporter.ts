import type { LinkState, OnLinkState } from '../platform/broker/index.ts'
import { Counter, Gauge } from '../platform/telemetry/index.ts'
import type { Logger, Registry } from '../platform/telemetry/index.ts'

const MESSAGES: Record<LinkState, string> = {
  up: 'connected to RabbitMQ',
  down: 'disconnected from RabbitMQ',
  blocked: 'RabbitMQ accepts no publishes, because of an alarm',
}

/** A continuing failure is logged again after this time, with the latest reason. */
const REPEAT_AFTER_MS = 60_000

/** Connections bear the program's name in the broker's management page, which a label does not repeat. */
const NAME_PREFIX = 'chapar '

/**
 * Logs each change of a connection with its reason, and failed attempts to reconnect once a minute. One for all
 * connections of a process.
 */
export function linkReporter(
  logger: Logger,
  registry: Registry,
  nowMs: () => number = () => performance.now(),
): OnLinkState {
  const registers = [registry]
  const up = new Gauge({
    name: 'chapar_broker_link_up',
    help: 'Connections to RabbitMQ by purpose: 1 while one works, 0 while it is down or blocked by an alarm',
    labelNames: ['link'] as const,
    registers,
  })
  const losses = new Counter({
    name: 'chapar_broker_link_losses_total',
    help: 'How often a working connection to RabbitMQ went down or was blocked',
    labelNames: ['link'] as const,
    registers,
  })
  const last = new Map<string, { state: LinkState; atMs: number }>()
  return (name, state, reason) => {
    const link = name.replace(NAME_PREFIX, '')
    const before = last.get(link)
    up.set({ link }, state === 'up' ? 1 : 0)
    losses.inc({ link }, before?.state === 'up' && state !== 'up' ? 1 : 0)
    const isRepeated = before?.state === state && nowMs() - before.atMs < REPEAT_AFTER_MS
    if (!isRepeated) last.set(link, { state, atMs: nowMs() })
    const isWanted = state === 'up' || reason === 'closed'
    logger[isRepeated ? 'debug' : isWanted ? 'info' : 'warn'](MESSAGES[state], { link, reason })
  }
}
