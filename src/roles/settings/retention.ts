import { z } from 'zod'
import { secretText, wholeNumberText } from '../../platform/config/index.ts'
import type { Settings } from '../../platform/config/index.ts'
import { SEND_AT_DAYS_MAX } from '../../primitives/sendAt.ts'

const DAY_MS = 86_400_000
/** A hundred years. */
const DAYS_MAX = 36_500
/** As long as a random key: who knows it can hash every number there is, and compare. */
const KEY_CHARS_MIN = 32

/** How long rows are kept. */
export const RETENTION_SETTINGS = {
  RETENTION_MESSAGES: {
    schema: wholeNumberText(1, DAYS_MAX),
    meaning:
      'Days for which messages are kept, of the role `relay`. Then the partitions of whole weeks are dropped (docs/retention.md). ' +
      `At least ${SEND_AT_DAYS_MAX} and the longest validity in days: a message may be scheduled that far ahead. Without it they are kept for ever.`,
  },
  RETENTION_LEDGER: {
    schema: wholeNumberText(1, DAYS_MAX),
    meaning:
      'Days for which the ledger is kept, at least `RETENTION_MESSAGES`. What its rows came to is kept for each customer and ' +
      'week. Without it the ledger is kept for ever.',
  },
  RETENTION_TEXTS: {
    schema: wholeNumberText(1, DAYS_MAX),
    meaning:
      'Days after which the texts of finished messages are removed and their numbers hashed. Needs `RETENTION_TEXTS_KEY`. ' +
      'Without it both are kept as long as the messages.',
  },
  RETENTION_TEXTS_KEY: {
    schema: secretText(KEY_CHARS_MIN),
    meaning:
      'The key of these hashes, at least 32 characters. Equal numbers have equal hashes while it is the same.',
  },
  ARCHIVE_FOLDER: {
    schema: z.string().min(1),
    meaning:
      'A folder that all relays share. With it the rows of a week are written there as Parquet before they are dropped, with a ' +
      'manifest of counts and SHA-256, and nothing is dropped without it. Needs the optional package `@duckdb/node-api`.',
  },
} satisfies Settings

interface Values {
  RETENTION_MESSAGES?: number | undefined
  RETENTION_LEDGER?: number | undefined
  RETENTION_TEXTS?: number | undefined
  RETENTION_TEXTS_KEY?: string | undefined
  ARCHIVE_FOLDER?: string | undefined
  VALIDITY_NORMAL?: number | undefined
  VALIDITY_EXPRESS?: number | undefined
}

/** A request's own validity. */
const EXPIRES_IN_DAYS_MAX = 1

/** Reports what is valid alone and invalid together. */
export function findRetentionFaults(values: Values): string[] {
  const { RETENTION_MESSAGES: messages, RETENTION_LEDGER: ledger, RETENTION_TEXTS: texts } = values
  const faults: string[] = []
  const validityMs = Math.max(values.VALIDITY_NORMAL ?? 0, values.VALIDITY_EXPRESS ?? 0)
  const validityDays = Math.max(EXPIRES_IN_DAYS_MAX, Math.ceil(validityMs / DAY_MS))
  const daysMin = SEND_AT_DAYS_MAX + validityDays
  if (messages !== undefined && messages < daysMin)
    faults.push(
      `RETENTION_MESSAGES must be at least ${daysMin}: a message may be scheduled ${SEND_AT_DAYS_MAX} days ahead, and is ` +
        `valid for up to ${validityDays} days after that`,
    )
  if (ledger !== undefined && (messages === undefined || ledger < messages))
    faults.push('RETENTION_LEDGER needs RETENTION_MESSAGES and must not be below it')
  if (texts !== undefined && values.RETENTION_TEXTS_KEY === undefined)
    faults.push('RETENTION_TEXTS_KEY is required with RETENTION_TEXTS: it hashes the numbers')
  return faults
}

interface Kept {
  messagesMs?: number
  ledgerMs?: number
  textsMs?: number
}

/** As the removal takes them, in milliseconds. */
export function retentionOf(values: Values): {
  kept: Kept
  archiveFolder: string | undefined
  numberKey: string | undefined
} {
  const { RETENTION_MESSAGES: messages, RETENTION_LEDGER: ledger, RETENTION_TEXTS: texts } = values
  return {
    kept: {
      ...(messages === undefined ? {} : { messagesMs: messages * DAY_MS }),
      ...(ledger === undefined ? {} : { ledgerMs: ledger * DAY_MS }),
      ...(texts === undefined ? {} : { textsMs: texts * DAY_MS }),
    },
    archiveFolder: values.ARCHIVE_FOLDER,
    numberKey: values.RETENTION_TEXTS_KEY,
  }
}
