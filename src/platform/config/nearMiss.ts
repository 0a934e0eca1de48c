import { isNearMiss } from '../../primitives/nearMiss.ts'

const PREFIX_LENGTH_MIN = 3

/**
 * @returns the setting that a variable's name is a slip of: other case or separators, one or two letters wrong, added,
 * missing or swapped, or a word written out or cut short (LISTEN_ADDRESS). Undefined for a setting's own name and for
 * everything else in an ordinary environment.
 */
export function findMeant(name: string, known: string[]): string | undefined {
  if (known.includes(name)) return undefined
  return known.find((setting) => isNearMiss(name, setting) || hasWordsCutShort(name, setting))
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
