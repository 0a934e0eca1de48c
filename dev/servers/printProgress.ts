/** Receives a line when something that takes long moves on. The next interim line replaces an interim one. */
export type Report = (line: string, isInterim?: boolean) => void

// Without a terminal nothing can be replaced; a line this often shows that the work moves.
const INTERVAL_MS = 5_000
const CLEAR_LINE = '\r\x1b[K'

interface Output {
  isTTY?: boolean
  write(text: string): unknown
}

/** Prints lines; on a terminal interim lines are updated in place, elsewhere few of them are printed. */
export function printProgress(output: Output = process.stdout, now = () => performance.now()): Report {
  let isInterimShown = false
  let printedMs = now()
  return (line, isInterim = false) => {
    if (isInterim && !output.isTTY && now() - printedMs < INTERVAL_MS) return
    printedMs = now()
    const isInPlace = isInterim && output.isTTY === true
    output.write(`${isInterimShown ? CLEAR_LINE : ''}${line}${isInPlace ? '' : '\n'}`)
    isInterimShown = isInPlace
  }
}
