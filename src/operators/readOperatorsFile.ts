import { readFileSync } from 'node:fs'
import { parseDocument } from 'yaml'
import { operatorsSchema } from './config.ts'
import type { OperatorConfig } from './config.ts'

/** A hundred operators need a tenth of it. */
const FILE_BYTES_MAX = 1_048_576

/** Reads and checks the operators' file as a whole. Every fault names its place in the file. */
export function readOperatorsFile(path: string): { operators: OperatorConfig[] } | { faults: string[] } {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    return { faults: [`cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}`] }
  }
  if (text.length > FILE_BYTES_MAX) return { faults: [`is larger than ${FILE_BYTES_MAX} bytes`] }
  const document = parseDocument(text)
  // The first line of an error says what and where; the rest quotes the file, which may hold addresses.
  if (document.errors.length > 0)
    return { faults: document.errors.map(({ message }) => message.split('\n')[0]?.replace(/:$/, '') ?? '') }
  const parsed = operatorsSchema.safeParse(document.toJS())
  if (parsed.success) return parsed.data
  return {
    faults: parsed.error.issues.map(({ path, message }) =>
      [path.join('.'), message].filter(Boolean).join(': '),
    ),
  }
}
