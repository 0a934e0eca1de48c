import { z } from 'zod'
import { SENDER_LENGTH_MAX } from './http/protocol.ts'

/** Operators register senders one by one; a list this long was made by a program. */
const SENDERS_MAX = 10_000

/** Whom an operator lets messages be from. */
export interface SenderRules {
  /** Null: any. */
  allowed: ReadonlySet<string> | null
  /** Stands for a message without a sender; null for what the operator makes of it. */
  default: string | null
  /** Whether it takes names, and not numbers alone. */
  alphanumeric: boolean
  /** What is done with a sender that it does not take: it gets the default, or another operator gets the message. */
  otherwise: 'default' | 'skip'
}

const sender = z.string().min(1).max(SENDER_LENGTH_MAX)

export const senderRulesSchema = z
  .strictObject({
    allowed: z.array(sender).min(1).max(SENDERS_MAX).optional(),
    default: sender.optional(),
    alphanumeric: z.boolean().default(true),
    otherwise: z.enum(['default', 'skip']).default('skip'),
  })
  .superRefine(({ allowed, default: standard, alphanumeric }, check) => {
    if (standard === undefined) return
    const fault = (message: string) => check.addIssue({ code: 'custom', path: ['default'], message })
    if (allowed && !allowed.includes(standard)) fault('must be one of the allowed senders')
    if (!alphanumeric && !isNumber(standard)) fault('must be a number, because alphanumeric is false')
  })
  .transform((rules): SenderRules => {
    const { alphanumeric, otherwise } = rules
    const allowed = rules.allowed ? new Set(rules.allowed) : null
    return { allowed, default: rules.default ?? null, alphanumeric, otherwise }
  })

/**
 * @returns whom the operator is to send a message from, null for the operator's own default; undefined when it must not
 * get the message at all.
 */
export function senderAt(rules: SenderRules | null, sender: string | null): string | null | undefined {
  if (rules === null) return sender
  if (sender === null) return rules.default
  const isTaken = (rules.allowed?.has(sender) ?? true) && (rules.alphanumeric || isNumber(sender))
  if (isTaken) return sender
  return rules.otherwise === 'default' ? rules.default : undefined
}

function isNumber(sender: string): boolean {
  return /^\+?[0-9]+$/.test(sender)
}
