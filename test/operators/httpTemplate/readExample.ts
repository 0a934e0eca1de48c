import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import type { HttpTemplateOptions } from '../../../src/operators/httpTemplate/config.ts'
import { readOperatorsFile } from '../../../src/operators/index.ts'

const FOLDER = fileURLToPath(new URL('../../../docs/operators/', import.meta.url))

/** The only operator of a file in docs/operators, as an operators' file, with its secrets. */
export function readExample(
  file: string,
  env: Record<string, string>,
): HttpTemplateOptions & { keepsOurReference: boolean } {
  const read = readOperatorsFile(FOLDER + file, (name) => env[name])
  assert.ok('operators' in read, 'faults' in read ? read.faults.join('\n') : '')
  const [operator] = read.operators
  assert.ok(operator?.protocol === 'http-template')
  return operator
}
