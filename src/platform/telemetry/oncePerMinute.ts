/** Writes a repeated line now, or adds its count to the next one. `key` says which lines repeat each other. */
export type Report = (key: string, count: number, write: (count: number) => void) => void

const WINDOW_MS = 60_000
/** The most distinct keys that are remembered; reasons and errors are few. */
const KEYS_MAX = 100

interface Line {
  atMs: number
  count: number
  isTimed: boolean
  write: (count: number) => void
}

/** Ends no wait for the end of the process. */
const later = (ms: number, work: () => void): void => void setTimeout(work, ms).unref()

/**
 * Repeated lines at most once a minute, each with the sum of the counts since the last. What follows the first line is
 * written when its minute ends, even if nothing comes any more.
 */
export function oncePerMinute(nowMs = () => performance.now(), after = later): Report {
  const lines = new Map<string, Line>()
  const flush = (line: Line) => {
    line.isTimed = false
    if (line.count === 0) return
    const { count } = line
    Object.assign(line, { atMs: nowMs(), count: 0 })
    line.write(count)
  }
  return (key, count, write) => {
    const line = lines.get(key) ?? { atMs: -Infinity, count: 0, isTimed: false, write }
    line.count += count
    line.write = write
    const leftMs = line.atMs + WINDOW_MS - nowMs()
    if (leftMs <= 0) flush(line)
    else if (!line.isTimed) {
      line.isTimed = true
      after(leftMs, () => flush(line))
    }
    const [oldest] = lines.size >= KEYS_MAX && !lines.has(key) ? lines.keys() : []
    if (oldest !== undefined) lines.delete(oldest)
    lines.set(key, line)
  }
}
