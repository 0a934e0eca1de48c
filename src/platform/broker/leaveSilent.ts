import { readBrokerAddresses } from './address.ts'

/**
 * A node that is cut off from the majority of its cluster keeps its connections and answers nothing. The time covers the
 * election of a queue's new leader, in which every node is silent.
 */
const SILENT_MAX_MS = 10_000
const LOOK_MS = 1_000

export interface SilenceWatch {
  /** How long an answer has been due; 0 when none is, or when the broker has said why. */
  silentMs: () => number
  leave: (reason: string) => void
  /** Asks something, where nothing else does. */
  ask?: { work: () => Promise<void>; everyMs: number }
  /** Replaces SILENT_MAX_MS in tests. */
  silentMaxMs?: number
}

/** Leaves a node that is silent for too long, if the address names another one. @returns what ends the watch. */
export function leaveWhenSilent(url: string, watch: SilenceWatch): () => void {
  const { silentMs, leave, ask, silentMaxMs = SILENT_MAX_MS } = watch
  if (readBrokerAddresses(url).nodes.length === 1) return () => {}
  const look = () => {
    if (silentMs() > silentMaxMs) leave('the node does not answer')
  }
  const timers = [setInterval(look, Math.min(LOOK_MS, silentMaxMs)).unref()]
  if (ask) timers.push(setInterval(() => void ask.work(), ask.everyMs).unref())
  return () => timers.forEach((timer) => clearInterval(timer))
}
