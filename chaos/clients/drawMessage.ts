import { GUARANTEED_WITHIN_MS_OF } from '../customers.ts'
import { POISON } from '../faults/operators.ts'
import type { Random } from '../random.ts'
import { FIRST_DEAR_NUMBER, rulesOf } from '../tariffs.ts'
import type { Sent } from './record.ts'
import type { KeyedTurn } from './sendKeyed.ts'

const EXPRESS_SHARE = 0.3
/** Of customers with guarantees, which only express messages have. */
const GUARANTEED_SHARE = 0.8
const POISON_SHARE = 0.02
/** Of two parts. */
const LONG_SHARE = 0.1
const LONG_WORDS = 'your parcel is on its way, and it is long. '.repeat(5)
const FIRST_NUMBER_MAX = 9_000_000_000
/** Of a customer with tariffs: messages whose recipients may be on both sides of where prices differ. */
const BETWEEN_PRICES_SHARE = 0.5
const RECIPIENTS_MAX = 8
/** Of test messages, which are sent when no older program runs any more: that would send what is held again. */
const HELD_SHARE = 0.5

/** What stands behind the mark. */
export function drawWords(random: Random): string {
  const drawn = random.share()
  if (drawn < POISON_SHARE) return `the parser ${POISON}`
  return drawn < POISON_SHARE + LONG_SHARE ? LONG_WORDS : 'your parcel is on its way'
}

export function drawMessage({ random, holder, eventsOf }: KeyedTurn, mark: string): Sent {
  const { customer, isTest } = holder
  const events = eventsOf?.get(customer)
  const expressShare = GUARANTEED_WITHIN_MS_OF.has(customer) ? GUARANTEED_SHARE : EXPRESS_SHARE
  const callbackUrl = isTest ? undefined : events?.drawCallback(random, mark)
  return {
    ...(events && { makesEvents: true }),
    ...(callbackUrl !== undefined && { callbackUrl }),
    ...{ mark, customer, isTest, type: random.share() < expressShare ? 'express' : 'normal' },
    ...{ recipients: random.share() < 0.8 ? 1 : random.whole(2, RECIPIENTS_MAX) },
    ...{ firstNumber: drawFirstNumber(random, customer), answered: 'unknown', label: '' },
    isHeld: isTest && random.share() < HELD_SHARE,
  }
}

function drawFirstNumber(random: Random, customer: number): number {
  const isBetween = rulesOf(customer).length > 0 && random.share() < BETWEEN_PRICES_SHARE
  return isBetween ? FIRST_DEAR_NUMBER - random.whole(0, RECIPIENTS_MAX) : random.whole(0, FIRST_NUMBER_MAX)
}
