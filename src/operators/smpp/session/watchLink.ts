/** Watches over the silence of a link. */
export interface LinkWatch {
  /** Something came from the peer. */
  received(): void
  /** A message was sent or came. */
  used(): void
  close(): void
}

export interface LinkWatchSettings {
  enquireLinkMs: number
  /** 0: a link may be unused for ever. */
  inactivityMs: number
  enquire: () => void
  onSilent: () => void
  onInactive: () => void
}

/**
 * After `enquireLinkMs` of silence the peer is asked for a sign of life, once; after as much again it is taken for gone.
 * So a silent link is found within two of these intervals.
 */
export function watchLink(settings: LinkWatchSettings): LinkWatch {
  const { enquireLinkMs, inactivityMs, enquire, onSilent, onInactive } = settings
  let receivedAtMs = performance.now()
  let usedAtMs = receivedAtMs
  let askedAtMs: number | null = null
  let timer = setTimeout(check, enquireLinkMs)
  let inactivity = inactivityMs > 0 ? setTimeout(checkUse, inactivityMs) : undefined
  let confirmation: NodeJS.Immediate | undefined

  const isSilent = () => askedAtMs !== null && receivedAtMs < askedAtMs
  function check(): void {
    if (isSilent()) {
      // If this process was busy, the sign of life may be waiting to be read.
      confirmation = setImmediate(() => (isSilent() ? onSilent() : check()))
      return
    }
    const nowMs = performance.now()
    const silentMs = nowMs - receivedAtMs
    // Timers may fire up to a millisecond early.
    const isDue = silentMs >= enquireLinkMs - 1
    askedAtMs = isDue ? nowMs : null
    timer = setTimeout(check, isDue ? enquireLinkMs : enquireLinkMs - silentMs)
    if (isDue) enquire()
  }
  function checkUse(): void {
    const unusedMs = performance.now() - usedAtMs
    if (unusedMs >= inactivityMs - 1) return onInactive()
    inactivity = setTimeout(checkUse, inactivityMs - unusedMs)
  }
  return {
    received: () => void (receivedAtMs = performance.now()),
    used: () => void (usedAtMs = performance.now()),
    close() {
      clearTimeout(timer)
      clearTimeout(inactivity)
      clearImmediate(confirmation)
    },
  }
}
