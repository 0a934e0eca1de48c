/** What the reporter counted. */
export interface Counts {
  passes: number
  failures: number
  pending: number
  /** File, title and error of each failure. */
  failed: string[]
  /** Mocha came to the end of its run. */
  hasEnded: boolean
}

export interface Conclusion {
  isSuccess: boolean
  line: string
}

const FAILED_LINES_MAX = 50

/** The failures once more, a line each and each once: a log that is cut off at its beginning still shows them. */
export function listFailed(counts: Counts | undefined): string[] {
  return [...new Set(counts?.failed)].slice(0, FAILED_LINES_MAX).map((each) => `failed: ${each}`)
}

/** The last line of a run that was not interrupted, which says what happened and nothing else. */
export function conclude(counts: Counts | undefined, exit: string, allowsSkipped: boolean): Conclusion {
  if (!counts) return { isSuccess: false, line: `the tests did not start (${exit})` }
  if (!counts.hasEnded)
    return {
      isSuccess: false,
      line: `stopped before the last test (${exit}): ${describeCounts(counts)} so far`,
    }
  if (counts.passes + counts.failures + counts.pending === 0)
    return { isSuccess: false, line: 'no test was run' }
  const isForbiddenSkip = counts.pending > 0 && !allowsSkipped
  return {
    isSuccess: counts.failures === 0 && counts.passes > 0 && !isForbiddenSkip,
    line: describeCounts(counts) + (isForbiddenSkip ? '; CI allows no skipped test' : ''),
  }
}

export function describeCounts({ passes, failures, pending }: Counts): string {
  return `${passes} passed, ${failures} failed${pending > 0 ? `, ${pending} skipped` : ''}`
}
