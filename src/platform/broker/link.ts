import type { Duplex } from 'node:stream'
import { connect } from 'amqplib'
import type { ChannelModel, Options, RecoveringChannelModel } from 'amqplib'
import { StartupFault } from '../startupFault.ts'
import { explainUntrusted } from '../untrusted.ts'
import { withTimeout } from '../withTimeout.ts'
import { readBrokerAddresses } from './address.ts'

export interface LinkSettings {
  /** With the addresses of several nodes, each attempt takes the next one. */
  url: string
  /** Shown in the broker's management page: which part of which process holds the connection. */
  name: string
  /**
   * Opens channels on a fresh connection; called again after every reconnect, before the link counts as up. `renew`
   * replaces this connection when one of its channels has become unusable, and `leave` when its node is silent.
   */
  setUp: (
    connection: ChannelModel,
    renew: (reason: string) => void,
    leave: (reason: string) => void,
  ) => Promise<void>
  onState: OnLinkState
  /** Replaces CONNECT_TIMEOUT_MS and SET_UP_TIMEOUT_MS in tests. */
  connectTimeoutMs?: number
  setUpTimeoutMs?: number
}

export type LinkState = 'up' | 'down' | 'blocked'
export type OnLinkState = (link: string, state: LinkState, reason: string) => void

/** One connection that reconnects by itself, for as long as the process lives. */
export interface Link {
  state(): LinkState
  close(): Promise<void>
}

/** Two missed heartbeats end a silent link, within 16 s. */
const HEARTBEAT_SECONDS = 8
const CONNECT_TIMEOUT_MS = 5_000
/** A set-up hangs on a broker under a memory alarm. */
const SET_UP_TIMEOUT_MS = 10_000
/** After this time the connection is closed without the closing handshake. */
const CLOSE_TIMEOUT_MS = 2_000
const RETRY_MS = 200
const RETRY_MAX_MS = 3_000

/**
 * Waits for the first attempt to end, in success or not. @throws StartupFault when the broker refuses it: a wrong
 * password or virtual host needs a correction. Later refusals are retried, like every other failure.
 */
export async function openLink(settings: LinkSettings): Promise<Link> {
  const { name, connectTimeoutMs = CONNECT_TIMEOUT_MS, setUpTimeoutMs = SET_UP_TIMEOUT_MS } = settings
  let state: LinkState = 'down'
  let connection: ChannelModel | undefined
  /** Why the connection ends, where the close event alone would not say. */
  let endReason: string | undefined
  const firstAttempt = Promise.withResolvers<void>()
  const to = (next: LinkState, reason: string) => {
    if (state !== next) settings.onState(name, next, reason)
    state = next
  }
  const setUp = async (fresh: ChannelModel) => {
    connection = fresh
    endReason = undefined
    const because = (reason: string) => {
      if (connection === fresh) endReason ??= reason
    }
    // Without a listener amqplib throws; the end itself arrives as `disconnect` below.
    fresh.on('error', (error: Error) => because(describe(error)))
    fresh.on('close', () => (connection = connection === fresh ? undefined : connection))
    const renew = (reason: string) => {
      because(reason)
      fresh.close().catch(() => {})
    }
    const leave = (reason: string) => {
      because(reason)
      if (connection === fresh) void giveUp(fresh)
    }
    try {
      await withTimeout(setUpTimeoutMs, 'setting up the channels', settings.setUp(fresh, renew, leave))
    } catch (error) {
      await giveUp(connection)
      throw error
    }
  }
  const { node, socketOptions, turnToNext } = openNodes(settings.url)
  const link: RecoveringChannelModel = await connect(node, {
    ...socketOptions,
    timeout: connectTimeoutMs,
    // Disables Nagle's algorithm, which would delay small frames by some 40 ms.
    noDelay: true,
    clientProperties: { connection_name: name },
    recovery: { setup: setUp, initialDelay: RETRY_MS, maxDelay: RETRY_MAX_MS, waitForConnect: false },
  })
  link.on('error', () => {})
  link.on('connect', () => {
    to('up', 'connected')
    firstAttempt.resolve()
  })
  link.on('disconnect', (error: Error) => to('down', endReason ?? describe(error)))
  link.on('connect-failed', (error: Error) => {
    settings.onState(name, 'down', describe(error))
    if (isRefusal(error)) firstAttempt.reject(toStartupFault(error))
    else firstAttempt.resolve()
  })
  link.on('reconnect-scheduled', turnToNext)
  link.on('blocked', (reason: string) => to('blocked', reason))
  link.on('unblocked', () => to('up', 'unblocked'))
  const close = async () => {
    to('down', 'closed')
    await withTimeout(CLOSE_TIMEOUT_MS, 'closing the link', link.close()).catch(() => giveUp(connection))
  }
  try {
    await firstAttempt.promise
  } catch (fault) {
    await close()
    throw fault
  }
  return { state: () => state, close }
}

/** The nodes of an address in turn. `node` is the present one, which amqplib reads anew for each attempt. */
function openNodes(url: string) {
  const { nodes, socketOptions } = readBrokerAddresses(url)
  let turn = 0
  const present = (): Options.Connect => ({ heartbeat: HEARTBEAT_SECONDS, ...nodes[turn % nodes.length] })
  const node = present()
  const turnToNext = () => {
    turn++
    Object.assign(node, present())
  }
  return { node, socketOptions, turnToNext }
}

/** amqplib hides the broker's reason when it refuses to open the virtual host. */
const VHOST_REFUSED = /Expected ConnectionOpenOk; got <ConnectionClose/

/** A wrong user, password or virtual host, a user without the right to declare the queues, or a certificate of either side. */
function isRefusal(error: Error): boolean {
  const { message } = error
  if (explainUntrusted(error) !== undefined) return true
  return /ACCESS.REFUSED|NOT.ALLOWED/.test(message) || VHOST_REFUSED.test(message)
}

function toStartupFault(error: Error): StartupFault {
  const untrusted = explainUntrusted(error)
  if (untrusted !== undefined) return new StartupFault(`RabbitMQ at AMQP_URL ${untrusted}`, { cause: error })
  const words = VHOST_REFUSED.test(error.message)
    ? 'there is no such virtual host, or the user may not use it'
    : (/message "(.*)"/.exec(error.message)?.[1] ?? error.message)
  return new StartupFault(`RabbitMQ refuses the connection that AMQP_URL describes: ${words}`, {
    cause: error,
  })
}

/** A refused connection may come as an AggregateError whose own message is empty. */
function describe(error: Error): string {
  return error.message || (error as { code?: string }).code || error.name
}

/**
 * Ends a connection without the closing handshake. amqplib waits for its answer without a bound when the broker is
 * silent, and the link would neither reconnect nor close.
 */
async function giveUp(connection: ChannelModel | undefined): Promise<void> {
  if (!connection) return
  const { stream } = connection.connection as unknown as { stream: Duplex }
  const closed = new Promise((resolve) => connection.once('close', resolve))
  stream.destroy(new Error('given up'))
  await closed
}
