/** What a command line may say as well as the environment: `--rate 100`, `--rate=100`, `--seed-only`. */
export interface Flags {
  /** Names of settings. */
  known: readonly string[]
  /** Those that need no value, with what they then are. */
  switches: Readonly<Record<string, string>>
}

/**
 * Flags as the environment variables that they stand for: `--seed-method` is SEED_METHOD.
 * @throws Error that names the first flag which is none, or which lacks its value.
 */
export function readFlags(args: readonly string[], { known, switches }: Flags): Record<string, string> {
  const env: Record<string, string> = {}
  const waiting = args.values()
  for (const arg of waiting) {
    const [, flag = '', , given] = /^--([a-z][a-z-]*)(=(.*))?$/s.exec(arg) ?? []
    const name = flag.replaceAll('-', '_').toUpperCase()
    if (!known.includes(name))
      throw new Error(`unknown flag ${arg}; known flags: ${known.map(toFlag).join(', ')}`)
    const value = given ?? switches[name] ?? waiting.next().value
    if (value === undefined) throw new Error(`${arg} needs a value`)
    env[name] = value
  }
  return env
}

function toFlag(name: string): string {
  return `--${name.toLowerCase().replaceAll('_', '-')}`
}
