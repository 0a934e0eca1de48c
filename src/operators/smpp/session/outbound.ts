import type { Socket } from 'node:net'

/**
 * What is to be written to a link; what gathers during a write leaves in the next. One write is under way at a time, so
 * that it is known of each frame whether it was handed to the system: the rest is still here when the link ends.
 */
export interface Outbound {
  /** `onSent` is called when the frame is handed over, and not at all if the link ends before. */
  push(frame: Buffer, onSent?: () => void): void
  /** Of frames that wait. */
  queuedOctets(): number
  /** Forgets what waits. */
  close(): void
}

export interface OutboundSettings {
  socket: Socket
  /** For one write to leave this machine. */
  writeMs: number
  onStalled: () => void
  /** After each write, when less waits. */
  onWritten: () => void
}

/** In one write, so that a slow link is noticed by one and not by all that waits. */
const WRITE_OCTETS_MAX = 65_536

export function openOutbound({ socket, writeMs, onStalled, onWritten }: OutboundSettings): Outbound {
  let waiting: { frame: Buffer; onSent?: (() => void) | undefined }[] = []
  let octets = 0
  let state: 'idle' | 'scheduled' | 'writing' | 'closed' = 'idle'
  let timer: NodeJS.Timeout | undefined

  const flush = () => {
    if (state === 'closed') return
    let taken = 0
    let size = 0
    for (; taken < waiting.length && size < WRITE_OCTETS_MAX; taken++)
      size += waiting[taken]?.frame.length ?? 0
    const leaving = waiting.slice(0, taken)
    waiting = waiting.slice(taken)
    octets -= size
    state = 'writing'
    timer = setTimeout(onStalled, writeMs)
    for (const { onSent } of leaving) onSent?.()
    socket.write(
      Buffer.concat(
        leaving.map(({ frame }) => frame),
        size,
      ),
      (error) => {
        clearTimeout(timer)
        if (state === 'closed' || error) return
        state = 'idle'
        if (waiting.length > 0) flush()
        onWritten()
      },
    )
  }
  return {
    push(frame, onSent) {
      if (state === 'closed') return
      waiting.push({ frame, onSent })
      octets += frame.length
      if (state !== 'idle') return
      state = 'scheduled'
      // What is pushed in this turn leaves together.
      process.nextTick(flush)
    },
    queuedOctets: () => octets,
    close() {
      state = 'closed'
      waiting = []
      octets = 0
      clearTimeout(timer)
    },
  }
}
