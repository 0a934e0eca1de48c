/** A short name is near many ordinary ones (APP_URL is two letters from AMQP_URL): less may differ there. */
const LENGTH_FOR_TWO_EDITS = 8
const LENGTH_FOR_ONE_EDIT = 4

/**
 * @returns whether a name is probably a slip of another: other case or separators, or one or two letters wrong, added,
 * missing or swapped.
 */
export function isNearMiss(written: string, meant: string): boolean {
  const [a, b] = [bare(written), bare(meant)]
  if (a === b) return true
  if (b.length < LENGTH_FOR_ONE_EDIT) return false
  const editsMax = b.length >= LENGTH_FOR_TWO_EDITS ? 2 : 1
  return editDistance(a, b, editsMax) <= editsMax
}

/** Letters and digits alone: LOGLEVEL, log-level and LOG_LEVEL are typed for the same name. */
function bare(name: string): string {
  return name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '')
}

/**
 * Letters added, missing, replaced, or swapped with their neighbour, each counting one (Damerau and Levenshtein's
 * distance, optimal string alignment). @returns a number above `max` as soon as the lengths alone say so.
 */
export function editDistance(a: string, b: string, max: number): number {
  if (Math.abs(a.length - b.length) > max) return max + 1
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      let best = Math.min(at(last, j) + 1, at(row, j - 1) + 1, replaced)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) best = Math.min(best, at(beforeLast, j - 2) + 1)
      row.push(best)
    }
    beforeLast = last
    last = row
  }
  return at(last, b.length)
}

function at(row: number[], index: number): number {
  return row[index] ?? Infinity
}
