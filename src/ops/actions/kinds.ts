import { z } from 'zod'
import { CLASSES } from '../../primitives/messageClass.ts'

/** One action is one row; what is left is asked for again. */
const ITEMS_MAX = 1_000
const EVENTS_MAX = Number.MAX_SAFE_INTEGER
const OPERATOR_NAME = /^[\w.-]{1,50}$/
const DEAD_LETTER_ID = /^[0-9a-f]{12}$/

const ofClass = { class: z.enum(CLASSES) }
/** Without identifiers: all of the class. */
const ofDeadLetters = z.strictObject({
  ...ofClass,
  ids: z.array(z.string().regex(DEAD_LETTER_ID)).max(ITEMS_MAX).default([]),
})
export const recipientKeys = z
  .array(z.strictObject({ id: z.uuid(), no: z.int().min(1).max(65_535) }))
  .min(1)
  .max(ITEMS_MAX)
const ofEndpoint = { user_id: z.int().min(1), endpoint_id: z.uuid() }

/** What people can ask relays to do, with what each needs. Every one of them may be carried out twice. */
export const ACTIONS = {
  'dead_letters.list': z.strictObject(ofClass),
  'dead_letters.replay': ofDeadLetters,
  'dead_letters.drop': ofDeadLetters,
  'quarantine.decide': z.strictObject({
    decision: z.enum(['sent', 'failed', 'retry']),
    operator: z.string().regex(OPERATOR_NAME).default('unknown'),
    recipients: recipientKeys,
  }),
  'receipts.retry': z.strictObject({ ids: z.array(z.uuid()).min(1).max(ITEMS_MAX) }),
  'webhook.resume': z.strictObject(ofEndpoint),
  'webhook.replay': z.strictObject({ ...ofEndpoint, after: z.int().min(0).max(EVENTS_MAX) }),
} as const

export type ActionKind = keyof typeof ACTIONS
export type ActionInput<K extends ActionKind> = z.output<(typeof ACTIONS)[K]>

export const ACTION_KINDS = Object.keys(ACTIONS) as ActionKind[]

/** It changes nothing: it needs no reason, and is not recorded as a change. */
export function isReading(kind: ActionKind): kind is 'dead_letters.list' {
  return kind === 'dead_letters.list'
}
