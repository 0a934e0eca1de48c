import { decimalText, durationText, oneOf, wholeNumberText } from '../../platform/config/index.ts'
import type { Settings } from '../../platform/config/index.ts'
import { GUARANTEED_WITHIN_MS_MAX, GUARANTEED_WITHIN_MS_MIN } from '../../primitives/guarantee.ts'
import { ON_UNKNOWN } from '../../primitives/onUnknown.ts'

/** Shorter delays would claim what waits over and over. */
const RETRY_DELAY_MIN_MS = 10
const RETRY_DELAY_MAX_MS = 6 * 3_600_000
const VALIDITY_MIN_MS = 1_000
const VALIDITY_MAX_MS = 7 * 86_400_000

/** How often and how long a message is attempted. */
export const RETRY_SETTINGS = {
  RETRY_MIN_DELAY: {
    schema: durationText(RETRY_DELAY_MAX_MS, RETRY_DELAY_MIN_MS),
    default: '15s',
    meaning:
      'The wait after the first attempt of a normal message that no operator took, at most `6h`. Each attempt waits ' +
      '`RETRY_FACTOR` times as long as the one before, and up to a quarter longer at random, but never longer than ' +
      '`RETRY_MAX_DELAY`.',
  },
  RETRY_MAX_DELAY: {
    schema: durationText(RETRY_DELAY_MAX_MS, RETRY_DELAY_MIN_MS),
    default: '30m',
    meaning: 'The longest wait between two attempts of a normal message.',
  },
  RETRY_FACTOR: {
    schema: decimalText(1, 10),
    default: '2.0',
    meaning: 'By what each wait is multiplied for the next one, for both classes.',
  },
  MAX_ATTEMPTS: {
    schema: wholeNumberText(1, 10_000),
    default: '10',
    meaning:
      'After this many attempts a normal message that no operator took fails and is refunded. Only rounds in which an ' +
      'operator was called count: a message that waits for the end of an outage uses up none.',
  },
  RETRY_EXPRESS_MIN_DELAY: {
    schema: durationText(RETRY_DELAY_MAX_MS, RETRY_DELAY_MIN_MS),
    default: '1s',
    meaning: '`RETRY_MIN_DELAY` of an express message.',
  },
  RETRY_EXPRESS_MAX_DELAY: {
    schema: durationText(RETRY_DELAY_MAX_MS, RETRY_DELAY_MIN_MS),
    default: '10s',
    meaning: '`RETRY_MAX_DELAY` of an express message.',
  },
  RETRY_EXPRESS_MAX_ATTEMPTS: {
    schema: wholeNumberText(1, 10_000),
    default: '20',
    meaning: '`MAX_ATTEMPTS` of an express message: by default more than its validity leaves time for.',
  },
  VALIDITY_NORMAL: {
    schema: durationText(VALIDITY_MAX_MS, VALIDITY_MIN_MS),
    default: '24h',
    meaning:
      'How long a normal message may be sent after its acceptance, or after the time that it is scheduled for, unless it ' +
      'has an `expires_in_seconds`. Then it fails and is refunded, wherever it waits.',
  },
  VALIDITY_EXPRESS: {
    schema: durationText(VALIDITY_MAX_MS, VALIDITY_MIN_MS),
    default: '2m',
    meaning: 'The same for an express message.',
  },
  EXPRESS_GUARANTEED_WITHIN: {
    schema: durationText(GUARANTEED_WITHIN_MS_MAX, GUARANTEED_WITHIN_MS_MIN),
    default: '2s',
    meaning:
      'How soon an express message is guaranteed to be handed over to an operator, counted from its acceptance or from when it may ' +
      'leave, unless the message or its customer sets another time. Misses are listed, and compensated by tariffs with `refund_missed`.',
  },
  ON_UNKNOWN: {
    schema: oneOf(['auto', ...ON_UNKNOWN]),
    default: 'auto',
    meaning:
      'What is done with a message that an operator may have taken without saying so, and cannot be asked about, where neither ' +
      'the message nor its customer says it: `retry` sends it again, `hold` waits for a receipt, `auto` retries express ' +
      'messages and those at an operator with `deduplicates_references`, and holds the others.',
  },
  UNKNOWN_SUBMISSIONS_MAX: {
    schema: wholeNumberText(1, 100),
    default: '3',
    meaning:
      'How often a normal message is submitted in all when no operator says whether it took it. Then it fails, is ' +
      'refunded and marked as possibly sent.',
  },
  UNKNOWN_SUBMISSIONS_MAX_EXPRESS: {
    schema: wholeNumberText(1, 100),
    default: '2',
    meaning: 'The same for an express message.',
  },
} satisfies Settings
