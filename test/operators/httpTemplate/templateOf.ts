import { httpTemplateOptions } from '../../../src/operators/httpTemplate/config.ts'
import type { HttpTemplateOptions } from '../../../src/operators/httpTemplate/config.ts'

/** A small API over JSON; tests name what they change. */
export const GIVEN = {
  url: 'https://operator.example',
  send: { form: { to: '{to}', text: '{text}' } },
  answer: { format: 'json', identifier: '/id', rules: [{ at: '/status', accepted: ['ok'] }] },
}

export function templateOf(changes: object): HttpTemplateOptions {
  return httpTemplateOptions.parse({ ...GIVEN, ...changes })
}

/** Where the options are wrong and how, one line a fault. */
export function faultsOf(changes: object): string[] {
  const parsed = httpTemplateOptions.safeParse({ ...GIVEN, ...changes })
  return (parsed.error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`)
}
