// Writes the OpenAPI document with default limits to docs/openapi.json, for readers and client generators.
import { writeFileSync } from 'node:fs'
import { describeApi } from './openapi.ts'
import { SETTINGS } from './settings.ts'

export const OPENAPI_FILE = new URL('../../docs/openapi.json', import.meta.url)

export function renderOpenApi(): string {
  const limits = {
    recipientsMax: Number(SETTINGS.RECIPIENTS_MAX.default),
    textCharsMax: Number(SETTINGS.TEXT_CHARS_MAX.default),
  }
  return `${JSON.stringify(describeApi(limits), null, 2)}\n`
}

if (import.meta.main) writeFileSync(OPENAPI_FILE, renderOpenApi())
