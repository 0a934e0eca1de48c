import { z } from 'zod'
import { secretMember } from '../http/config.ts'
import { placeholdersIn, readPieces } from './pieces.ts'
import { MESSAGE_VALUES, SECRET_PREFIX } from './values.ts'

const TEMPLATE_LENGTH_MAX = 2_000
const MEMBERS_MAX = 100
const NAME_LENGTH_MAX = 100
const DEPTH_MAX = 10

const template = z.string().max(TEMPLATE_LENGTH_MAX)

const members = z
  .record(
    z.string().min(1).max(NAME_LENGTH_MAX),
    z.union([template, z.number(), z.boolean()]).transform(String),
  )
  .refine((all) => Object.keys(all).length <= MEMBERS_MAX, `at most ${MEMBERS_MAX} members`)

/** What undici sets itself, or what would change where a request ends. */
const RESERVED = [
  'host',
  'connection',
  'content-length',
  'content-type',
  'transfer-encoding',
  'accept-encoding',
]

const headerName = z
  .string()
  .regex(/^[A-Za-z0-9-]{1,100}$/, 'must be letters, digits and hyphens')
  .refine((name) => !RESERVED.includes(name.toLowerCase()), 'is set by Chapar')

const headerValue = template.regex(/^[\x20-\x7e]*$/, 'must be visible ASCII characters and spaces')

const auth = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('basic'), user: secretMember(), password: secretMember() }),
  z.strictObject({ type: z.literal('bearer'), token: secretMember() }),
  z.strictObject({ type: z.literal('header'), name: headerName, secret: secretMember() }),
])

/** Members of any request. */
export const requestMembers = {
  method: z.enum(['GET', 'POST', 'PUT']).default('POST'),
  /** Behind the operator's URL. */
  path: template
    .regex(/^(?:\/[\x21-\x7e]*)?$/, 'must begin with a slash, without spaces')
    .regex(/^[^?#]*$/, 'must have no query or fragment; use query')
    .default(''),
  headers: z.record(headerName, headerValue).default({}),
  auth: auth.optional(),
  query: members.optional(),
  form: members.optional(),
  json: z.union([z.record(z.string(), z.json()), z.array(z.json())]).optional(),
}

const requestObject = z.strictObject(requestMembers)

export type SendConfig = z.output<typeof requestObject>

export function checkBody(
  { method, form, json }: Pick<SendConfig, 'method' | 'form' | 'json'>,
  check: z.RefinementCtx,
): void {
  if (form && json !== undefined)
    check.addIssue({ code: 'custom', path: ['json'], message: 'must not stand beside form' })
  if (method === 'GET' && (form || json !== undefined))
    check.addIssue({ code: 'custom', path: ['method'], message: 'must not be GET with form or json' })
  if (json !== undefined && depthOf(json) > DEPTH_MAX)
    check.addIssue({ code: 'custom', path: ['json'], message: `must not be deeper than ${DEPTH_MAX}` })
}

export const sendSchema = requestObject.superRefine(checkBody)

interface Place {
  path: (string | number)[]
  template: string
  /** A header takes no text and no sender of a message, which could end a line. */
  isHeader: boolean
}

const RECIPIENTS = ['to', 'to_digits', 'to_plus']
const HEADER_VALUES: readonly string[] = [...RECIPIENTS, 'reference', 'parts', 'encoding']

/** Not quoted: a template may hold a secret that a brace is a part of. */
const NOT_KNOWN = `has a placeholder that is not known here; known: ${MESSAGE_VALUES.join(', ')}, secret.NAME`

/** Faults of every template: its braces, names that are no placeholder, and what no request should be without. */
export function checkTemplates(send: SendConfig, secrets: string[]): Fault[] {
  const { faults, used } = read(send, secrets)
  if (!RECIPIENTS.some((name) => used.has(name)))
    faults.push({ path: [], fault: `must use one of {${RECIPIENTS.join('}, {')}}` })
  if (!used.has('text')) faults.push({ path: [], fault: 'must use {text}' })
  return faults
}

/** The same of a request that asks for the state of a message: an operator knows that by our reference alone. */
export function checkStatusTemplates(request: SendConfig, secrets: string[]): Fault[] {
  const { faults, used } = read(request, secrets)
  return used.has('reference') ? faults : [...faults, { path: [], fault: 'must use {reference}' }]
}

interface Fault {
  path: (string | number)[]
  fault: string
}

function read(request: SendConfig, secrets: string[]): { faults: Fault[]; used: Set<string> } {
  const places = placesOf(request)
  const faults: Fault[] = places.flatMap(({ path, template: text, isHeader }) => {
    const pieces = readPieces(text)
    if ('fault' in pieces) return [{ path, fault: pieces.fault }]
    const known = new Set([
      ...(isHeader ? HEADER_VALUES : MESSAGE_VALUES),
      ...secrets.map((name) => SECRET_PREFIX + name),
    ])
    return placeholdersIn(text).every((name) => known.has(name)) ? [] : [{ path, fault: NOT_KNOWN }]
  })
  return { faults, used: new Set(places.flatMap(({ template: text }) => placeholdersIn(text))) }
}

function placesOf({ path, headers, query = {}, form = {}, json }: SendConfig): Place[] {
  const of = (name: string, all: Record<string, string>, isHeader: boolean): Place[] =>
    Object.entries(all).map(([key, text]) => ({ path: [name, key], template: text, isHeader }))
  return [
    { path: ['path'], template: path, isHeader: false },
    ...of('headers', headers, true),
    ...of('query', query, false),
    ...of('form', form, false),
    ...textsIn(json, ['json']),
  ]
}

function textsIn(json: unknown, path: (string | number)[]): Place[] {
  if (typeof json === 'string') return [{ path, template: json, isHeader: false }]
  if (typeof json !== 'object' || json === null || path.length > DEPTH_MAX) return []
  return Object.entries(json).flatMap(([name, value]) => textsIn(value, [...path, name]))
}

function depthOf(json: unknown): number {
  if (typeof json !== 'object' || json === null) return 0
  return 1 + Math.max(0, ...Object.values(json).map(depthOf))
}
