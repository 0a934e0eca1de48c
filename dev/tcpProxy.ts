import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

export type Direction = 'toServer' | 'toClient'

/** How a link carries what it carries. */
export interface Shape {
  /** Every byte arrives this much later. */
  delayMs: number
  bytesPerSecond: number
}

/** One connection of a client through the proxy to the server. */
export interface ProxiedLink {
  /** Passes nothing on, no byte, end or reset, as when a cable is pulled; what comes meanwhile waits for `resume`. */
  silence(direction?: Direction): void
  resume(direction?: Direction): void
  /** Both ends see a reset. What waited is lost. */
  cut(): void
  /** Ends one direction; the other still flows. */
  halfClose(direction: Direction): void
  /** From now on, both directions. */
  shape(shape: Shape): void
}

/** Sees bytes before they pass. What it does to the link takes effect on them: a silenced link holds them back. */
export type Watch = (bytes: Buffer, direction: Direction, link: ProxiedLink) => void

/** Stands between a client and a server, and does to their connections what networks do. */
export interface TcpProxy {
  /** The server's URL with the proxy's address in it. */
  readonly url: string
  /** The links that are open now, oldest first. */
  links(): ProxiedLink[]
  /** All links, and those to come until `resume`. */
  silence(): void
  resume(): void
  cut(): void
  /** All links, and those to come, until the next shape. */
  shape(shape: Shape): void
  /** Resets every new link until `admit`; the present ones go on. */
  refuse(): void
  admit(): void
  /** New connections are refused until `reopen`, as by a server that does not run; the present links go on. */
  shut(): void
  reopen(): Promise<void>
  /** New links lead to this server; the present ones stay where they are, as behind a router after a switch. */
  redirect(serverUrl: string): void
  /** @returns what ends the watch. */
  onBytes(watch: Watch): () => void
  close(): Promise<void>
}

/** A link as it is. */
export const STRAIGHT: Shape = { delayMs: 0, bytesPerSecond: Infinity }

/** On its way on a shaped link; more than that waits in the sender's own buffers. */
const UNDER_WAY_BYTES_MAX = 65_536

const DIRECTIONS: Direction[] = ['toServer', 'toClient']

/** Listens on a free loopback port. `serverUrl` names host and port; its other parts are kept. */
export async function openTcpProxy(serverUrl: string): Promise<TcpProxy> {
  let target = new URL(serverUrl)
  const links = new Set<Link>()
  const watches = new Set<Watch>()
  let isSilent = false
  let isRefusing = false
  let present = STRAIGHT

  const accept = (client: Socket) => {
    if (isRefusing) {
      client.on('error', () => {})
      reset(client)
      return
    }
    const server = connect({ host: target.hostname, port: Number(target.port), allowHalfOpen: true })
    const link = openLink(client, server, watches, () => links.delete(link))
    links.add(link)
    link.shape(present)
    if (isSilent) link.silence()
  }
  // Without allowHalfOpen Node would answer an end with its own, and no half-closed link could exist.
  const listener = createServer({ allowHalfOpen: true }, accept)
  const listen = async (port: number) => {
    listener.listen(port, '127.0.0.1')
    await once(listener, 'listening')
  }
  await listen(0)
  const { port } = listener.address() as AddressInfo
  const all = (act: (link: Link) => void) => [...links].forEach(act)

  return {
    url: withAddress(target, listener.address() as AddressInfo),
    links: () => [...links],
    silence() {
      isSilent = true
      all((link) => link.silence())
    },
    resume() {
      isSilent = false
      all((link) => link.resume())
    },
    cut: () => all((link) => link.cut()),
    shape(shape) {
      present = shape
      all((link) => link.shape(shape))
    },
    refuse: () => void (isRefusing = true),
    admit: () => void (isRefusing = false),
    shut: () => void listener.close(),
    reopen: () => listen(port),
    redirect: (url) => void (target = new URL(url)),
    onBytes(watch) {
      watches.add(watch)
      return () => void watches.delete(watch)
    },
    close() {
      all((link) => link.cut())
      return new Promise((resolve) => listener.close(() => resolve()))
    },
  }
}

function withAddress(target: URL, { address, port }: AddressInfo): string {
  const url = new URL(target)
  url.hostname = address
  url.port = String(port)
  return url.href
}

type Link = ProxiedLink

function openLink(client: Socket, server: Socket, watches: Set<Watch>, onClose: () => void): Link {
  let isOpen = true
  const cut = () => {
    if (!isOpen) return
    isOpen = false
    for (const socket of [client, server]) reset(socket)
    onClose()
  }
  const pipes = {
    toServer: openPipe(client, server, (bytes) => look(bytes, 'toServer')),
    toClient: openPipe(server, client, (bytes) => look(bytes, 'toClient')),
  }
  const chosen = (direction?: Direction) => (direction ? [direction] : DIRECTIONS)
  const silent = new Set<Direction>()
  let isReset = false
  const link: Link = {
    silence(direction) {
      for (const each of chosen(direction)) {
        silent.add(each)
        pipes[each].silence()
      }
    },
    resume(direction) {
      for (const each of chosen(direction)) {
        silent.delete(each)
        pipes[each].resume()
      }
      if (isReset && silent.size === 0) cut()
    },
    cut,
    halfClose: (direction) => pipes[direction].end(),
    shape: (shape) => DIRECTIONS.forEach((direction) => pipes[direction].shape(shape)),
  }
  function look(bytes: Buffer, direction: Direction): void {
    for (const watch of [...watches]) if (isOpen) watch(bytes, direction, link)
  }
  for (const [socket, direction] of [
    [client, 'toServer'],
    [server, 'toClient'],
  ] as const) {
    socket.setNoDelay(true)
    // A reset of one end is one of the other; the error itself says no more than the close that follows.
    socket.on('error', () => {})
    socket.on('close', (hadError) => {
      if (client.closed && server.closed) return cut()
      if (!hadError) return
      if (silent.has(direction)) isReset = true
      else cut()
    })
  }
  return link
}

/** A socket that is sending its end cannot be reset any more: Node would keep it for ever and never exit. */
function reset(socket: Socket): void {
  if (socket.writableEnded || socket.connecting) socket.destroy()
  else socket.resetAndDestroy()
}

interface Pipe {
  silence(): void
  resume(): void
  end(): void
  shape(shape: Shape): void
}

/** One direction of a link. Silent, it reads no further, so that the sender's own buffers fill as on a dead line. */
function openPipe(from: Socket, to: Socket, look: (bytes: Buffer) => void): Pipe {
  let isSilent = false
  let hasEnded = false
  let present = STRAIGHT
  let timer: NodeJS.Timeout | undefined
  let underWayBytes = 0
  const underWay: { bytes: Buffer; dueMs: number }[] = []

  const pass = (bytes: Buffer) => {
    underWayBytes -= bytes.length
    if (to.writable && !to.write(bytes)) from.pause()
  }
  const passDue = () => {
    clearTimeout(timer)
    if (isSilent) return
    const nowMs = performance.now()
    while (underWay[0] && underWay[0].dueMs <= nowMs) pass((underWay.shift() as { bytes: Buffer }).bytes)
    const [next] = underWay
    if (next) timer = setTimeout(passDue, next.dueMs - nowMs).unref()
    else if (hasEnded) to.end()
    if (underWayBytes <= UNDER_WAY_BYTES_MAX && !to.writableNeedDrain) from.resume()
  }
  const end = () => {
    hasEnded = true
    passDue()
  }
  from.on('data', (bytes: Buffer) => {
    if (!isSilent) look(bytes)
    const lastMs = underWay.at(-1)?.dueMs ?? 0
    const onTheLineMs = (bytes.length / present.bytesPerSecond) * 1_000
    underWay.push({ bytes, dueMs: Math.max(lastMs, performance.now() + present.delayMs) + onTheLineMs })
    underWayBytes += bytes.length
    if (underWayBytes > UNDER_WAY_BYTES_MAX) from.pause()
    passDue()
  })
  from.on('end', end)
  to.on('drain', passDue)
  return {
    silence() {
      isSilent = true
      from.pause()
    },
    resume() {
      if (!isSilent) return
      isSilent = false
      passDue()
    },
    end,
    shape: (shape) => void (present = shape),
  }
}
