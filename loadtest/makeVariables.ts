/**
 * `make loadtest RATE=50` sets a variable; a slip in its name would set another one, and nobody would hear of it. Make
 * tells in MAKEFLAGS, behind two dashes, what its command line set, spaces within a value escaped.
 * @throws Error that names what is none of the known.
 */
export function assertMakeVariables({ MAKEFLAGS = '' }: NodeJS.ProcessEnv, known: readonly string[]): void {
  const [, set = ''] = MAKEFLAGS.split(/(?:^|\s)-- /, 2)
  const names = [...set.matchAll(/(?:^|(?<!\\)\s)([A-Za-z_]\w*)=/g)].map(([, name = '']) => name)
  const unknown = names.filter((name) => name !== 'ARGS' && !known.includes(name))
  if (unknown.length > 0)
    throw new Error(`unknown variable ${unknown.join(', ')}; known: ${known.join(', ')}, ARGS`)
}
