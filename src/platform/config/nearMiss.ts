/** A short name is near many ordinary ones (APP_URL is two letters from AMQP_URL): less may differ there. */
const LENGTH_FOR_TWO_EDITS = 8
const PREFIX_LENGTH_MIN = 3

/**
 * @returns the setting that a variable's name is a slip of: other case or separators, one or two letters wrong, added,
 * missing or swapped, or a word written out or cut short (LISTEN_ADDRESS). Undefined for a setting's own name and for
 * everything else in an ordinary environment.
 */
export function findMeant(name: string, known: string[]): string | undefined {
  if (known.includes(name)) return undefined
  return known.find((setting) => isSlipOf(name, setting))
}

function isSlipOf(name: string, setting: string): boolean {
  const [written, meant] = [bare(name), bare(setting)]
  if (written === meant) return true
  const editsMax = meant.length >= LENGTH_FOR_TWO_EDITS ? 2 : 1
  return editDistance(written, meant, editsMax) <= editsMax || hasWordsCutShort(name, setting)
}

/** Letters and digits alone: LOGLEVEL, log-level and LOG_LEVEL are one name to whoever types them. */
function bare(name: string): string {
  return name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '')
}

/** Word for word the same, except that some are longer or shorter: ADDR and ADDRESS, SEC and SECONDS. */
function hasWordsCutShort(name: string, setting: string): boolean {
  const written = name.toUpperCase().split('_')
  const meant = setting.split('_')
  if (meant.length < 2 || written.length !== meant.length) return false
  return meant.every((word, index) => {
    const [short, long] = [word, written[index] ?? ''].sort((a, b) => a.length - b.length) as [string, string]
    return short === long || (short.length >= PREFIX_LENGTH_MIN && long.startsWith(short))
  })
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
