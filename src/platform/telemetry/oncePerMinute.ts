/** Writes a repeated line now, or adds its count to the next one. `key` says which lines repeat each other. */
export type Report = (key: string, count: number, write: (count: number) => void) => void

const WINDOW_MS = 60_000
/** The most distinct keys that are remembered; reasons and errors are few. */
const KEYS_MAX = 100

/** Repeated lines at most once a minute, each with the sum of the counts since the last. */
export function oncePerMinute(nowMs = () => performance.now()): Report {
  const lines = new Map<string, { atMs: number; count: number }>()
  return (key, count, write) => {
    const line = lines.get(key) ?? { atMs: -Infinity, count: 0 }
    line.count += count
    if (nowMs() - line.atMs >= WINDOW_MS) {
      write(line.count)
      Object.assign(line, { atMs: nowMs(), count: 0 })
    }
    if (lines.size >= KEYS_MAX && !lines.has(key)) lines.clear()
    lines.set(key, line)
  }
}
