/**
 * Finds misspelled variables, such as `make loadtest RAET=50`, which would have no effect. Make lists the variables of
 * its command line in MAKEFLAGS, behind two dashes, with spaces in values escaped.
 * @throws Error that names the unknown ones.
 */
export function assertMakeVariables({ MAKEFLAGS = '' }: NodeJS.ProcessEnv, known: readonly string[]): void {
  const [, set = ''] = MAKEFLAGS.split(/(?:^|\s)-- /, 2)
  const names = [...set.matchAll(/(?:^|(?<!\\)\s)([A-Za-z_]\w*)=/g)].map(([, name = '']) => name)
  const unknown = names.filter((name) => name !== 'ARGS' && !known.includes(name))
  if (unknown.length > 0)
    throw new Error(`unknown variable ${unknown.join(', ')}; known: ${known.join(', ')}, ARGS`)
}
