import type { Duplex } from 'node:stream'
import { connect } from 'amqplib'
import type { ChannelModel, RecoveringChannelModel } from 'amqplib'
import { withTimeout } from '../withTimeout.ts'

export interface LinkSettings {
  url: string
  /** Shown in the broker's management page: which part of which process holds the connection. */
  name: string
  /** Opens channels on a fresh connection; called again after every reconnect, before the link counts as up. */
  setUp: (connection: ChannelModel) => Promise<void>
  onState: OnLinkState
  /** Instead of CONNECT_TIMEOUT_MS and SET_UP_TIMEOUT_MS; tests are less patient. */
  connectTimeoutMs?: number
  setUpTimeoutMs?: number
}

export type LinkState = 'up' | 'down' | 'blocked'
export type OnLinkState = (link: string, state: LinkState, reason: string) => void

/** One connection that comes back by itself, for as long as the process lives. */
export interface Link {
  state(): LinkState
  /** Gives the present connection up, for when one of its channels is of no use any more; a new one follows. */
  renew(): void
  close(): Promise<void>
}

/** Two missed heartbeats end a link that went silent: found out within 16 s. */
const HEARTBEAT_SECONDS = 8
const CONNECT_TIMEOUT_MS = 5_000
/** A setup that hangs, as on a broker under a memory alarm, must not hang the link for ever. */
const SET_UP_TIMEOUT_MS = 10_000
/** A broker that does not answer our goodbye is left without one. */
const CLOSE_TIMEOUT_MS = 2_000
const RETRY_MS = 200
const RETRY_MAX_MS = 3_000

export async function openLink(settings: LinkSettings): Promise<Link> {
  let state: LinkState = 'down'
  let connection: ChannelModel | undefined
  const to = (next: LinkState, reason: string) => {
    if (state !== next) settings.onState(settings.name, next, reason)
    state = next
  }
  const setUp = async (fresh: ChannelModel) => {
    connection = fresh
    // amqplib throws an error event that nobody listens to; what it means arrives as `disconnect` below.
    fresh.on('error', () => {})
    fresh.on('close', () => (connection = connection === fresh ? undefined : connection))
    try {
      await withTimeout(
        settings.setUpTimeoutMs ?? SET_UP_TIMEOUT_MS,
        'setting up the link',
        settings.setUp(fresh),
      )
    } catch (error) {
      await giveUp(connection)
      throw error
    }
  }
  const link: RecoveringChannelModel = await connect(withHeartbeat(settings.url), {
    timeout: settings.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    // Small frames go out at once; amqplib would let them wait for more to come, some 40 ms.
    noDelay: true,
    clientProperties: { connection_name: settings.name },
    recovery: { setup: setUp, initialDelay: RETRY_MS, maxDelay: RETRY_MAX_MS, waitForConnect: false },
  })
  link.on('error', () => {})
  link.on('connect', () => to('up', 'connected'))
  link.on('disconnect', (error: Error) => to('down', error.message))
  link.on('connect-failed', (error: Error) => settings.onState(settings.name, 'down', describe(error)))
  link.on('blocked', (reason: string) => to('blocked', reason))
  link.on('unblocked', () => to('up', 'unblocked'))
  return {
    state: () => state,
    renew: () => void connection?.close().catch(() => {}),
    close: async () => {
      to('down', 'closed')
      await withTimeout(CLOSE_TIMEOUT_MS, 'closing the link', link.close()).catch(() => giveUp(connection))
    },
  }
}

function withHeartbeat(url: string): string {
  const parsed = new URL(url)
  if (!parsed.searchParams.has('heartbeat')) parsed.searchParams.set('heartbeat', String(HEARTBEAT_SECONDS))
  return parsed.toString()
}

/** A refused connection may come as an AggregateError whose own message is empty. */
function describe(error: Error): string {
  return error.message || (error as { code?: string }).code || error.name
}

/**
 * Ends a connection without a goodbye. amqplib waits for the answer to one for ever when the broker is silent, and the
 * link would neither come back nor close.
 */
async function giveUp(connection: ChannelModel | undefined): Promise<void> {
  if (!connection) return
  const { stream } = connection.connection as unknown as { stream: Duplex }
  const closed = new Promise((resolve) => connection.once('close', resolve))
  stream.destroy(new Error('given up'))
  await closed
}
