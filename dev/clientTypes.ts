// npm run client:types: writes the types of the TypeScript client from docs/openapi.json.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { answerHelp } from '../src/platform/answerHelp.ts'
import { codesOf, customerOperations, reachedSchemas } from './clientTypes/document.ts'
import type { ApiDocument } from './clientTypes/document.ts'
import {
  renderInputs,
  renderPlaces,
  renderSchemas,
  renderSignatures,
} from './clientTypes/renderOperations.ts'
import { CHECKOUT } from './stack/folders.ts'

export const CLIENT_TYPES = join(CHECKOUT, 'clients/typescript/src/api.ts')
const OPENAPI = join(CHECKOUT, 'docs/openapi.json')

/** The file as it belongs in the repository. */
export async function describeClientTypes(): Promise<string> {
  const document = JSON.parse(readFileSync(OPENAPI, 'utf8')) as ApiDocument
  const options = await resolveConfig(CLIENT_TYPES)
  return format(renderClientTypes(document), { ...options, parser: 'typescript' })
}

/** @throws Error for a schema that cannot be said as a type. */
export function renderClientTypes(document: ApiDocument): string {
  const placed = customerOperations(document)
  const codes = codesOf(placed).map((code) => `'${code}'`)
  return [
    '// Generated from docs/openapi.json by `npm run client:types`.',
    `/** Every code that a call may be refused with: docs/errors.md explains each. */
export type ProblemCode = ${codes.join(' | ')}`,
    ...renderSchemas(reachedSchemas(document, placed)),
    ...renderInputs(placed),
    renderSignatures(placed),
    renderPlaces(placed),
  ].join('\n\n')
}

if (import.meta.main) {
  answerHelp('usage: npm run client:types\nWrites the types of the TypeScript client from docs/openapi.json.')
  writeFileSync(CLIENT_TYPES, await describeClientTypes())
}
