import { z } from 'zod'
import { money, time, timeWithOffset } from '../../platform/http/index.ts'
import { TRANSACTION_TYPES } from '../../ledger/index.ts'
import { isRegion } from '../../numbers/index.ts'
import { CLASSES } from '../../primitives/messageClass.ts'
import { V1_STATUSES } from '../../messages/index.ts'
import { CONTENTS, DOWNLOAD_SECONDS, fileNameOf, FORMATS } from '../index.ts'
import type { ExportView } from '../index.ts'

export const RANGE_DAYS_MAX = 366
const OPERATOR_NAME = /^[\w.-]{1,50}$/

const Filters = z.strictObject({
  type: z.enum(CLASSES).optional().meta({ description: 'Messages of this class' }),
  status: z.enum(V1_STATUSES).optional().meta({
    description: 'Recipients that have this status when they are read',
  }),
  recipient: z
    .string()
    .optional()
    .meta({
      description: 'Messages to this number, in any writing',
      examples: ['+989120000001'],
    }),
  country: z
    .string()
    .refine(isRegion, 'must be a country in two capital letters, such as IR')
    .optional()
    .meta({ description: 'Recipients whose number belongs to this country', examples: ['IR'] }),
  operator: z
    .string()
    .refine((name) => OPERATOR_NAME.test(name), 'must be the name of an operator')
    .optional()
    .meta({
      description: 'Recipients that this operator accepted or rejected',
    }),
  transaction_type: z
    .enum(TRANSACTION_TYPES)
    .optional()
    .meta({ description: 'Of the ledger, transactions of this type' }),
})

export const Body = z.strictObject({
  what: z
    .enum(CONTENTS)
    .meta({ description: '`messages` has a row a recipient, `ledger` a row a transaction' }),
  from: timeWithOffset().meta({
    description: 'Messages that were accepted, or transactions that were booked, at this time or later',
    examples: ['2026-01-01T00:00:00+03:30'],
  }),
  to: timeWithOffset().meta({
    description: `And before this time, which must not lie in the future; at most ${RANGE_DAYS_MAX} days after \`from\``,
    examples: ['2026-01-19T00:00:00+03:30'],
  }),
  format: z.enum(FORMATS).default('csv').meta({ description: '`ndjson` has a JSON object a line' }),
  filters: Filters.default({}).meta({ description: 'All that are given have to hold' }),
})

export const ExportPath = z.object({ id: z.uuid().meta({ description: 'The export' }) })
export const CustomerPath = z.object({ id: z.uuid().meta({ description: 'The customer' }) })
export const CustomerExportPath = CustomerPath.extend({
  export_id: z.uuid().meta({ description: 'The export' }),
})

export const Export = z
  .object({
    ...{ id: z.uuid(), what: z.enum(CONTENTS), format: z.enum(FORMATS) },
    ...{ from: time('From when'), to: time('Before when'), filters: z.object(Filters.shape) },
    state: z.enum(['queued', 'running', 'done', 'failed', 'expired']).meta({
      description: 'A file is offered when it is complete: `done`. Of an `expired` one it was removed',
    }),
    reason: z.string().nullable().meta({
      description:
        'Why it failed: `too_many_rows`, `too_many_bytes`, `disk_full`, `parquet_missing`, or `gave_up` after repeated failures',
    }),
    progress: z.number().meta({ description: 'Of the time range that was read, from 0 to 1' }),
    rows: z.int().meta({ description: 'Written so far' }),
    bytes: z.int().meta({ description: 'Written so far; of the file when it is done' }),
    total_cents: money('The sum over its rows: `amount_cents`, or `cost_cents` less `refunded_cents`'),
    sha256: z.string().nullable().meta({ description: 'Of the file, in hex' }),
    checksum: z.string().nullable().meta({ description: 'The line that `sha256sum --check` reads' }),
    download_url: z
      .string()
      .nullable()
      .meta({
        description: `The file's address on this server, for ${DOWNLOAD_SECONDS / 60} minutes and without a key`,
      }),
    download_expires_at: time('Until when `download_url` holds').nullable(),
    created_at: time('When it was asked for'),
    started_at: time('When its first row was read').nullable(),
    ended_at: time('When it ended').nullable(),
    expires_at: time('When its file will be removed').nullable(),
  })
  .meta({ id: 'Export' })

export function toAnswer(view: ExportView): z.input<typeof Export> {
  const { id, download, sha256 } = view
  return {
    ...{ id, what: view.what, format: view.format },
    ...{ from: new Date(view.fromMs).toISOString(), to: new Date(view.untilMs).toISOString() },
    ...{ filters: view.filters, state: view.state, reason: view.reason, progress: view.share },
    ...{ rows: view.rows, bytes: view.bytes, total_cents: view.total, sha256 },
    checksum: sha256 === null ? null : `${sha256}  ${fileNameOf(view)}`,
    download_url:
      download && `/v1/exports/${id}/file?expires=${download.expiresSeconds}&signature=${download.signature}`,
    download_expires_at: download && new Date(download.expiresSeconds * 1_000).toISOString(),
    created_at: view.createdAt.toISOString(),
    started_at: view.startedAt?.toISOString() ?? null,
    ended_at: view.endedAt?.toISOString() ?? null,
    expires_at: view.expiresAt?.toISOString() ?? null,
  }
}

const SHA256 = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'

export const EXAMPLE_EXPORT: z.input<typeof Export> = {
  ...{ id: '019bd5a2-1e0f-7a44-b3c6-8f1d2a6e9b70', what: 'messages', format: 'csv' },
  ...{ from: '2026-01-01T00:00:00.000Z', to: '2026-01-19T00:00:00.000Z', filters: { status: 'DELIVERED' } },
  ...{ state: 'done', reason: null, progress: 1, rows: 48_210, bytes: 12_204_332, total_cents: 96_420 },
  ...{ sha256: SHA256, checksum: `${SHA256}  messages-019bd5a2-1e0f-7a44-b3c6-8f1d2a6e9b70.csv` },
  download_url:
    '/v1/exports/019bd5a2-1e0f-7a44-b3c6-8f1d2a6e9b70/file?expires=1768812300&signature=q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA',
  download_expires_at: '2026-01-19T08:45:00.000Z',
  ...{ created_at: '2026-01-19T08:25:00.000Z', started_at: '2026-01-19T08:25:00.700Z' },
  ...{ ended_at: '2026-01-19T08:25:06.000Z', expires_at: '2026-01-26T08:25:06.000Z' },
}
