/** A member with such a name holds a secret, in whatever depth: `password`, `auth_token`, a header `X-Api-Key`. */
const IS_SECRET = /(?:^|[_.-])(?:password|passwd|secret|token|api[_-]?key|authorization|credentials?)$/i
/** Of a template: it names a secret and is none. */
const IS_PLACEHOLDER = /^\{secret\.[a-z0-9_]+\}$/
const ENV_SUFFIX = '_env'
/** Upper-case alone, so that the placeholders of a template are left as they are. */
const REFERENCE = /\$\{([A-Z_][A-Z0-9_]*)\}/g

type Path = readonly (string | number)[]

export interface SecretFault {
  path: Path
  message: string
}

/**
 * Puts values of the environment into a parsed file: `${NAME}` in any text, and `password: …` for `password_env: NAME`.
 * A secret in the file itself is a fault, because files are copied, shown and committed; no fault quotes a value.
 */
export function resolveSecrets(
  tree: unknown,
  valueOf: (name: string) => string | undefined,
): { tree: unknown; faults: SecretFault[] } {
  const faults: SecretFault[] = []
  const lookUp = (name: string, path: Path): string => {
    const value = valueOf(name)
    if (value === undefined || value === '')
      faults.push({ path, message: `the environment has no value for ${name}` })
    return value ?? ''
  }
  const resolve = (node: unknown, path: Path): unknown => {
    if (typeof node === 'string') return node.replace(REFERENCE, (_whole, name: string) => lookUp(name, path))
    if (Array.isArray(node)) return node.map((item, position) => resolve(item, [...path, position]))
    if (typeof node !== 'object' || node === null) return node
    return Object.fromEntries(Object.entries(node).map(([name, value]) => member(node, name, value, path)))
  }
  const member = (parent: object, name: string, value: unknown, path: Path): [string, unknown] => {
    const place = [...path, name]
    const stem = name.endsWith(ENV_SUFFIX) ? name.slice(0, -ENV_SUFFIX.length) : ''
    if (IS_SECRET.test(stem)) {
      if (stem in parent) faults.push({ path: place, message: `stands beside ${stem}: give one of them` })
      if (typeof value === 'string' && /^[A-Z_][A-Z0-9_]*$/.test(value)) return [stem, lookUp(value, place)]
      faults.push({ path: place, message: 'must be the name of a variable of the environment' })
      return [stem, '']
    }
    const isPlain = typeof value === 'number' || (typeof value === 'string' && isWritten(value))
    if (IS_SECRET.test(name) && isPlain) faults.push({ path: place, message: secretInFile(name) })
    return [name, resolve(value, place)]
  }
  return { tree: resolve(tree, []), faults }
}

/** Whether the text is the secret itself. */
function isWritten(text: string): boolean {
  return text.search(REFERENCE) === -1 && !IS_PLACEHOLDER.test(text)
}

function secretInFile(name: string): string {
  return `must come from the environment: write "\${NAME}", or ${name}_env: NAME`
}
