import { z } from 'zod'
import { CAPTURES } from './matchLine.ts'
import { placeholdersIn, readPieces } from './pieces.ts'

/**
 * What an answer can mean for the message: the results of contract.ts, and `postponed`. `unavailable` is about the
 * operator (credit, credentials, maintenance) and counts for its breaker; `postponed` is about this message alone.
 */
export const MEANINGS = [
  'accepted',
  'rejected',
  'refused',
  'postponed',
  'throttled',
  'unavailable',
  'unknown',
] as const

export type Meaning = (typeof MEANINGS)[number]

const RULES_MAX = 50
const WORDS_MAX = 500
const WORD_LENGTH_MAX = 200
const POINTER_LENGTH_MAX = 500
const STATUS_MIN = 300
const STATUS_MAX = 599

/** A JSON pointer (RFC 6901) to a member: `/messages/0/id`. */
export const pointer = z
  .string()
  .max(POINTER_LENGTH_MAX)
  .regex(/^(?:\/(?:[^~/]|~[01])*)+$/, 'must be a JSON pointer such as /messages/0/id')

export const words = z
  .array(z.union([z.string().min(1).max(WORD_LENGTH_MAX), z.number(), z.boolean()]).transform(String))
  .min(1)
  .max(WORDS_MAX)

const meanings = Object.fromEntries(MEANINGS.map((meaning) => [meaning, words.optional()])) as Record<
  Meaning,
  z.ZodOptional<typeof words>
>

const ruleFields = { ...meanings, any: z.enum(MEANINGS).optional() }

/** What a rule makes of the value that it looks at: of listed values, and of any other. */
export interface Rule {
  means: Partial<Record<Meaning, string[]>>
  any: Meaning | undefined
}

type GivenRule = { [Each in Meaning]?: string[] | undefined } & { any?: Meaning | undefined }

function toRule(given: GivenRule): Rule {
  const { any } = given
  const means = Object.fromEntries(MEANINGS.flatMap((each) => (given[each] ? [[each, given[each]]] : [])))
  return { means, any }
}

function checkRule(given: GivenRule, check: z.RefinementCtx): void {
  const listed = MEANINGS.flatMap((meaning) => given[meaning] ?? []).map((each) => each.toLowerCase())
  if (listed.length === 0 && !given.any)
    check.addIssue({ code: 'custom', message: `must list values under ${MEANINGS.join(', ')}, or have any` })
  const twice = listed.find((each, at) => listed.indexOf(each) !== at)
  if (twice !== undefined) check.addIssue({ code: 'custom', message: `lists "${twice}" twice` })
}

const jsonRule = z
  .strictObject({ at: pointer, ...ruleFields })
  .superRefine(checkRule)
  .transform(({ at, ...rest }) => ({ at, ...toRule(rest) }))

const line = z
  .string()
  .min(1)
  .max(WORD_LENGTH_MAX)
  .superRefine((text, check) => {
    for (const message of faultsOfLine(text)) check.addIssue({ code: 'custom', message })
  })

const textRule = z
  .strictObject({ line, ...ruleFields })
  .superRefine(checkRule)
  .superRefine(({ line: text, ...rest }, check) => {
    if (placeholdersIn(text).includes('code') || !MEANINGS.some((meaning) => rest[meaning])) return
    check.addIssue({ code: 'custom', message: 'lists values, but its line has no {code}; use any' })
  })
  .transform(({ line: text, ...rest }) => ({ line: text, ...toRule(rest) }))

function faultsOfLine(text: string): string[] {
  const read = readPieces(text)
  if ('fault' in read) return [read.fault]
  const { pieces } = read
  const names = placeholdersIn(text)
  const unknown = names.filter((name) => !(CAPTURES as readonly string[]).includes(name))
  const isAdjacent = pieces.some((piece, at) => {
    const next = pieces[at + 1]
    return 'name' in piece && next && 'name' in next
  })
  return [
    ...unknown.map((name) => `{${name}} is not known here; known: ${CAPTURES.join(', ')}`),
    ...(isAdjacent ? ['must have text between two placeholders'] : []),
    // A line that anything matches would take an error page for an answer.
    ...(pieces.some((piece) => 'text' in piece && piece.text.trim() !== '') ? [] : ['must have some text']),
    ...(new Set(names.filter((name) => name !== 'any')).size < names.filter((name) => name !== 'any').length
      ? ['has a placeholder twice']
      : []),
  ]
}

/** Rules that are wrong themselves have not become rules. */
function needsAcceptance({ rules }: { rules: Partial<Rule>[] }, check: z.RefinementCtx): void {
  if (rules.some(({ means, any }) => !means || means.accepted || any === 'accepted')) return
  check.addIssue({ code: 'custom', path: ['rules'], message: 'no rule says when a message is accepted' })
}

const statuses = z
  .partialRecord(
    z.enum(MEANINGS).exclude(['accepted']),
    z
      .array(z.int().min(STATUS_MIN).max(STATUS_MAX))
      .min(1)
      .max(STATUS_MAX - STATUS_MIN + 1),
  )
  .default({})

export const answerSchema = z.discriminatedUnion('format', [
  z
    .strictObject({
      format: z.literal('json'),
      items: pointer.optional(),
      identifier: pointer.optional(),
      reason: pointer.optional(),
      rules: z.array(jsonRule).min(1).max(RULES_MAX),
      statuses,
    })
    .superRefine(needsAcceptance),
  z
    .strictObject({ format: z.literal('text'), rules: z.array(textRule).min(1).max(RULES_MAX), statuses })
    .superRefine(needsAcceptance),
])

export type AnswerConfig = z.output<typeof answerSchema>
