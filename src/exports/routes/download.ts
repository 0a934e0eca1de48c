import { z } from 'zod'
import type { ZodOpenApiOperationObject } from 'zod-openapi'
import {
  answerFile,
  DATABASE,
  invalidQuery,
  note,
  readQuery,
  refusals,
  textInQuery,
  wholeNumberInQuery,
} from '../../platform/http/index.ts'
import type { Route } from '../../platform/http/index.ts'
import type { Format } from '../index.ts'
import type { ExportActions } from './actions.ts'
import { ExportPath } from './exportFields.ts'
import {
  DOWNLOAD,
  downloadRefused,
  EXPORT,
  exportNotFound,
  exportsNotServed,
  SERVED,
  tooManyDownloads,
} from './refuse.ts'

const TYPES: Readonly<Record<Format, string>> = {
  csv: 'text/csv; charset=utf-8; header=present',
  ndjson: 'application/x-ndjson',
  parquet: 'application/vnd.apache.parquet',
}

const Query = z.strictObject({
  expires: wholeNumberInQuery(1).meta({
    description: 'Seconds since the epoch',
    override: { type: 'integer', minimum: 1 },
  }),
  signature: textInQuery().meta({ description: 'Of the export, its customer and `expires`' }),
})

/** `GET /v1/exports/{id}/file`: the address that an export names. It needs no key, and holds for minutes. */
export function downloadRoute({ folder, downloadsMax, findDownload }: ExportActions): Route {
  let downloads = 0
  return {
    method: 'get',
    path: '/v1/exports/:id/file',
    access: 'public',
    operation,
    async handle(request, response) {
      if (folder === undefined) throw exportsNotServed()
      const { expires: expiresSeconds, signature } = readQuery(Query, request.query)
      if (downloads >= downloadsMax) throw tooManyDownloads()
      downloads++
      try {
        const found = await findDownload({ id: String(request.params['id']), expiresSeconds, signature })
        if (found === 'refused') throw downloadRefused()
        if (found === 'gone') throw exportNotFound()
        const { file, name, format, userId, sha256 } = found
        note(response, { customer_id: userId })
        const answer = { folder, name: file, downloadName: name, type: TYPES[format], tag: sha256 }
        if (!(await answerFile(response, answer))) throw exportNotFound()
      } finally {
        downloads--
      }
    },
  }
}

const EXAMPLE_LINES = 'transaction_id,sequence,transaction_type,amount_cents\r\n'

const operation: ZodOpenApiOperationObject = {
  operationId: 'downloadExport',
  tags: ['account'],
  summary: 'Download the file of an export, or a range of it',
  description:
    'Its address is `download_url` of the export. `Range` continues a download that was interrupted.',
  requestParams: { path: ExportPath, query: Query },
  responses: {
    '200': {
      description: 'The file; `ETag` is its SHA-256',
      content: Object.fromEntries(
        Object.values(TYPES).map((type) => [
          type.split(';')[0] as string,
          { schema: z.string(), example: EXAMPLE_LINES },
        ]),
      ),
    },
    '206': {
      description: 'The range of the file that was asked for by `Range`',
      content: { 'text/csv': { schema: z.string(), example: EXAMPLE_LINES } },
    },
    ...refusals([invalidQuery(Query, { expires: 'soon' }), ...SERVED, ...EXPORT, ...DOWNLOAD, ...DATABASE]),
  },
}
