import { z } from 'zod'
import { wholeNumberText } from '../../platform/config/index.ts'
import type { Settings } from '../../platform/config/index.ts'

/** Files of exports. */
export const EXPORT_SETTINGS = {
  EXPORT_FOLDER: {
    schema: z.string().regex(/^[^*?[\]{}]+$/, { message: 'must be a path with none of *?[]{}' }),
    meaning:
      'A folder for the files that customers have made of their messages and their ledger (`/v1/exports`). Relays write ' +
      'there, and the role `api` serves what is complete: give all of them the same storage. It has to exist. Without it ' +
      'there are no exports.',
  },
  EXPORT_KEEP_DAYS: {
    schema: wholeNumberText(1, 365),
    default: '7',
    meaning: 'Days after which the file of an export is removed.',
  },
  EXPORT_ROWS_PER_SECOND: {
    schema: wholeNumberText(1, 1_000_000),
    default: '10000',
    meaning: 'Rows that a relay reads for exports in a second, so that sending beside it suffers little.',
  },
  EXPORT_ROWS_MAX: {
    schema: wholeNumberText(1, 1_000_000_000),
    default: '10000000',
    meaning: 'Rows of one export. One with more fails.',
  },
} satisfies Settings
