/** Flags that a command accepts beside the environment: `--rate 100`, `--rate=100`, `--seed-only`. */
export interface Flags {
  /** Names of settings. */
  known: readonly string[]
  /** Flags that need no value, with the value that they set. */
  switches: Readonly<Record<string, string>>
}

/**
 * @returns the environment variables that the flags stand for: `--seed-method` is SEED_METHOD.
 * @throws Error that names the first flag that is unknown or lacks its value.
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
