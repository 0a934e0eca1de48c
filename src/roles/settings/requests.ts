import { BURST_MAX, UNITS_PER_SECOND_MAX } from '../../limits/index.ts'
import { regionText } from '../../numbers/index.ts'
import { durationText, patternText, wholeNumberText } from '../../platform/config/index.ts'
import type { Settings } from '../../platform/config/index.ts'

/** Relays look at the backlog every few seconds: a shorter time would be about that. */
const BACKLOG_AGE_MIN_MS = 10_000
const BACKLOG_AGE_MAX_MS = 7 * 86_400_000

/** What a request may hold, and how many of them a customer may make. */
export const REQUEST_SETTINGS = {
  RECIPIENTS_MAX: {
    schema: wholeNumberText(1, 10_000),
    default: '10000',
    meaning: 'Recipients of one request, at most 10000.',
  },
  TEXT_CHARS_MAX: {
    schema: wholeNumberText(1, 1_600),
    default: '1600',
    meaning: 'Characters of a text in Unicode code points, at most 1600, which is what a row holds.',
  },
  MESSAGE_PARTS_MAX: {
    schema: wholeNumberText(1, 10),
    default: '10',
    meaning:
      'Parts of a text under `/v1`, at most 10, which is what a row holds in either alphabet. The other routes count ' +
      'characters: `TEXT_CHARS_MAX`.',
  },
  BODY_BYTES_MAX: {
    schema: wholeNumberText(1_024, 16_777_216),
    default: '1048576',
    meaning: 'Bytes of a request body.',
  },
  RECIPIENT_PATTERN: {
    schema: patternText(),
    meaning:
      'A regular expression that every recipient has to match as a whole, besides being 5 to 15 digits.',
  },
  DEFAULT_REGION: {
    schema: regionText(),
    meaning:
      'The country, such as `IR`, whose numbers may be written without its calling code, with spaces, dashes, brackets or ' +
      'other digits. They are read as E.164, and equal numbers get one message. Without it a number keeps its digits, and ' +
      '`/sms/send` takes digits alone.',
  },
  RATE_LIMIT_RPS: {
    schema: wholeNumberText(1, UNITS_PER_SECOND_MAX),
    default: '100',
    meaning:
      'Requests a second of a customer with a key, reads included, in each process of the API. `requests_per_second` of a ' +
      'customer replaces it, and the burst by as many. Requests without a key have no limit.',
  },
  RATE_LIMIT_BURST: {
    schema: wholeNumberText(1, BURST_MAX),
    default: '200',
    meaning: 'Requests that such a customer may make at once.',
  },
  BACKLOG_AGE_MAX: {
    schema: durationText(BACKLOG_AGE_MAX_MS, BACKLOG_AGE_MIN_MS),
    meaning:
      'Back-pressure, of the role `api`: while the oldest normal message that is due has waited for longer, normal messages ' +
      'get 503 `backlog` with `Retry-After`, and express messages pass. Without it, or while no relay reports the age, all ' +
      'are accepted.',
  },
} satisfies Settings
