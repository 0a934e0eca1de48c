import { readFileSync } from 'node:fs'
import { isNode, isScalar, LineCounter, parseDocument, visit } from 'yaml'
import type { Document } from 'yaml'
import { operatorsFileSchema } from './config.ts'
import type { OperatorsFile } from './config.ts'
import { resolveSecrets } from './secrets.ts'

/** A hundred operators and ten thousand routes need less. */
const FILE_BYTES_MAX = 4_194_304
/** More would not be read. */
const FAULTS_MAX = 100

export type ReadOperators = OperatorsFile | { faults: string[] }

/**
 * Reads and checks the operators' file as a whole. Every fault names its place in the file; none quotes a secret.
 * @param valueOf the environment, from which secrets come.
 */
export function readOperatorsFile(
  path: string,
  valueOf: (name: string) => string | undefined = (name) => process.env[name],
): ReadOperators {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    return { faults: [`cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}`] }
  }
  if (text.length > FILE_BYTES_MAX) return { faults: [`is larger than ${FILE_BYTES_MAX} bytes`] }
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  // The first line of an error says what and where; the rest quotes the file, which may hold addresses.
  if (document.errors.length > 0)
    return { faults: document.errors.map(({ message }) => message.split('\n')[0]?.replace(/:$/, '') ?? '') }
  keepZeros(document)
  let parsedTree: unknown
  try {
    parsedTree = document.toJS()
  } catch (error) {
    // Aliases that would grow without end.
    return { faults: [(error as Error).message] }
  }
  const { tree, faults } = resolveSecrets(parsedTree, valueOf)
  const parsed = operatorsFileSchema.safeParse(tree)
  if (parsed.success && faults.length === 0) return parsed.data
  const all = [...faults, ...(parsed.error?.issues ?? [])].slice(0, FAULTS_MAX)
  return { faults: all.map((fault) => describeFault(fault, document, lines)) }
}

/** A prefix is text: YAML reads one that begins with a zero, 0912, as 912. */
function keepZeros(document: Document): void {
  visit(document, {
    Pair(_, { key, value }) {
      if (isScalar(key) && key.value === 'prefix' && isScalar(value) && value.source?.startsWith('0'))
        value.value = value.source
    },
  })
}

interface Fault {
  path: readonly PropertyKey[]
  message: string
}

function describeFault({ path, message }: Fault, document: Document, lines: LineCounter): string {
  const line = lineOf(path, document, lines)
  const text = [path.join('.'), message].filter(Boolean).join(': ')
  return line === undefined ? text : `${text} (line ${line})`
}

/** Of the node at the path, or of the nearest one around it: what is missing has no line. */
function lineOf(path: readonly PropertyKey[], document: Document, lines: LineCounter): number | undefined {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true)
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line
  }
  return undefined
}
