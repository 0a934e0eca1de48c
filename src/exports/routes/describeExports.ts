import { z } from 'zod'
import type { ZodOpenApiOperationObject } from 'zod-openapi'
import {
  answer,
  BODY,
  DATABASE,
  invalidInput,
  invalidQuery,
  LIST,
  nextCursor,
  ofAccess,
  pageFields,
  refusals,
  TRANSACTION,
} from '../../platform/http/index.ts'
import { Body, CustomerExportPath, CustomerPath, EXAMPLE_EXPORT, Export, ExportPath } from './exportFields.ts'
import { CHANGE, CUSTOMER, EXPORT, NEW_EXPORT, SERVED } from './refuse.ts'

export const Query = z.strictObject(pageFields)

export const ExportsAnswer = z
  .object({ exports: z.array(Export), next_cursor: nextCursor })
  .meta({ id: 'ExportsAnswer' })

export const DeletedAnswer = z
  .object({ id: z.uuid(), status: z.literal('deleted') })
  .meta({ id: 'DeletedExport' })

const EXAMPLE_BODY: z.input<typeof Body> = {
  what: 'messages',
  from: '2026-01-01T00:00:00Z',
  to: '2026-01-19T00:00:00Z',
  format: 'csv',
  filters: { status: 'DELIVERED' },
}

const QUEUED: z.input<typeof Export> = {
  ...EXAMPLE_EXPORT,
  ...{ state: 'queued', progress: 0, rows: 0, bytes: 0, total_cents: 0, sha256: null, checksum: null },
  ...{ download_url: null, download_expires_at: null, started_at: null, ended_at: null, expires_at: null },
}

const MOMENT =
  'A row of a message shows its recipient at the moment at which it was read, between `started_at` and `ended_at`: ' +
  '`updated_at` of the row tells how old that state is.'

/** The operations on exports, of the key's customer or of any. */
export function describeExports(
  access: 'read' | 'admin',
): Record<'list' | 'create' | 'read' | 'remove', ZodOpenApiOperationObject> {
  const isAdmin = access === 'admin'
  const tags = [isAdmin ? 'admin' : 'account']
  const [suffix, whose] = isAdmin ? ['OfCustomer', "a customer's"] : ['', 'your']
  const always = [...ofAccess(access), ...SERVED, ...(isAdmin ? CUSTOMER : [])]
  const list = isAdmin ? { path: CustomerPath } : {}
  const one = { path: isAdmin ? CustomerExportPath : ExportPath }
  return {
    list: {
      ...{ operationId: `listExports${suffix}`, tags, summary: `List ${whose} exports, newest first` },
      requestParams: { ...list, query: Query },
      responses: {
        '200': answer('A page of exports', ExportsAnswer, { exports: [EXAMPLE_EXPORT], next_cursor: null }),
        ...refusals([...always, invalidQuery(Query, { limit: '5000' }), ...LIST, ...DATABASE]),
      },
    },
    create: {
      ...{
        operationId: `createExport${suffix}`,
        tags,
        summary: `Have ${whose} messages or ledger written to a file`,
      },
      description: `The file is made in the background: read the export until it is \`done\`. ${MOMENT}`,
      requestParams: list,
      requestBody: {
        required: true,
        content: { 'application/json': { schema: Body, example: EXAMPLE_BODY } },
      },
      responses: {
        '202': answer('It will be made', Export, QUEUED),
        ...refusals([
          ...always,
          invalidInput(Body, { what: 'texts', from: '2026-01-01', to: EXAMPLE_BODY.to }),
          ...BODY,
          ...NEW_EXPORT,
          ...CHANGE,
          ...TRANSACTION,
        ]),
      },
    },
    read: {
      ...{
        operationId: `readExport${suffix}`,
        tags,
        summary: 'Read how far an export is, and where its file is',
      },
      requestParams: one,
      responses: {
        '200': answer('The export', Export, EXAMPLE_EXPORT),
        ...refusals([...always, ...EXPORT, ...DATABASE]),
      },
    },
    remove: {
      ...{ operationId: `deleteExport${suffix}`, tags, summary: 'Stop an export and remove its file' },
      requestParams: one,
      responses: {
        '200': answer('Deleted', DeletedAnswer, { id: EXAMPLE_EXPORT.id, status: 'deleted' }),
        ...refusals([...always, ...EXPORT, ...CHANGE, ...TRANSACTION]),
      },
    },
  }
}
