import { invalidFields, toProblem } from '../../../platform/http/index.ts'
import { Problem } from '../../../primitives/problem.ts'
import type { FieldFault } from '../../../primitives/problem.ts'
import { endSentence } from '../../../primitives/text.ts'
import { backlog } from '../../backlogged.ts'
import type { BulkDecision, BulkRefusal, RefusedItem } from '../../bulk/types.ts'
import { refuseSend, tooManyParts } from '../refuseSend.ts'

/** Fields of one message that its result names. */
const FIELDS_NAMED_MAX = 3
/** Messages that the refusal of a whole bulk names. */
const MESSAGES_NAMED_MAX = 20

/** Of results alone: no request is refused with it. */
const CANCELLED = {
  code: 'cancelled',
  detail: 'The bulk was cancelled before this message was accepted. Nothing was charged.',
}

/** @returns what a result says of a message that was not accepted. */
export function explainRefusal(refusal: BulkRefusal): { code: string; detail: string } {
  if ('kind' in refusal && refusal.kind === 'cancelled') return CANCELLED
  const problem = toProblemOf(refusal)
  return { code: problem.code, detail: detailOf(problem) }
}

function toProblemOf(refusal: BulkRefusal): Problem {
  if (refusal instanceof Problem) return refusal
  if (refusal.kind === 'cancelled')
    throw new Error('a bulk is not cancelled before a message of it is accepted')
  if (refusal.kind === 'replayed') throw new Error('a message of a bulk has no key of its own')
  return toProblem(refuseSend(refusal))
}

/** A result has no list of fields: its sentence names the first ones. */
function detailOf({ errors, message }: Problem): string {
  if (errors.length === 0) return message
  const named = errors.slice(0, FIELDS_NAMED_MAX).map(({ field, message: fault }) => `${field} ${fault}`)
  return endSentence(named.join('; '))
}

type RefusedBulk = Exclude<BulkDecision, { kind: 'decided' }>

/** @returns what the client is told when no message of its bulk was accepted. */
export function refuseBulk(decision: RefusedBulk): Problem {
  switch (decision.kind) {
    case 'key_reused':
      return toProblemOf(decision)
    case 'backlog':
      return backlog(decision)
    case 'limited':
      return tooManyParts(TOO_MANY_PARTS, decision)
    case 'short': {
      const { cost, balance, items } = decision
      const shortfall = cost - balance
      const detail = `The balance of ${balance} is ${shortfall} short of the cost of ${cost} of all messages. Nothing was charged.`
      return new Problem(402, 'insufficient_balance', detail, {
        errors: named(items),
        members: { cost, balance, shortfall, ...omitted(items) },
      })
    }
    case 'refused':
      return refuseItems(decision.items)
  }
}

const TOO_MANY_PARTS =
  'The messages have more parts together than your limit admits now. Nothing was charged.'

function refuseItems(items: RefusedItem[]): Problem {
  const [first] = items
  if (!first) throw new Error('a bulk is refused without a message that is')
  const problem = toProblemOf(first.refusal)
  if (problem.status === 400) return invalidFields(items.flatMap(fieldsOf))
  const others = items.length - 1
  const more = others > 0 ? ` ${others} more ${others === 1 ? 'is' : 'are'} refused; see errors.` : ''
  return new Problem(problem.status, problem.code, `messages[${first.index}]: ${problem.message}${more}`, {
    errors: named(items),
    members: { ...problem.members, ...omitted(items) },
    headers: problem.headers,
  })
}

/** `messages[3].to[1]`, as the client finds it in its body. */
function fieldsOf({ index, refusal }: RefusedItem): FieldFault[] {
  const { errors, message } = toProblemOf(refusal)
  if (errors.length === 0) return [{ field: `messages[${index}]`, message }]
  return errors.map(({ field, message: fault }) => ({
    ...{ field: `messages[${index}].${field}`, message: fault },
  }))
}

function named(items: RefusedItem[]): FieldFault[] {
  return items.slice(0, MESSAGES_NAMED_MAX).map(({ index, refusal }) => ({
    ...{ field: `messages[${index}]`, message: explainRefusal(refusal).detail },
  }))
}

function omitted(items: RefusedItem[]): Record<string, number> {
  const more = items.length - MESSAGES_NAMED_MAX
  return more > 0 ? { errors_omitted: more } : {}
}
