import type { Db } from '../../platform/db/index.ts'
import type { ExportRequest, Source } from '../types.ts'
import { ledgerOf } from './ledger.ts'
import { messagesOf } from './messages.ts'

export function sourceOf(db: Db, request: ExportRequest): Source {
  return request.what === 'messages' ? messagesOf(db, request) : ledgerOf(db, request)
}
