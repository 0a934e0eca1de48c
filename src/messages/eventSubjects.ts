import { sql } from 'kysely'
import type { SmsState } from '../../db/schema.ts'
import type { Reader, Value } from '../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes } from '../primitives/identifier.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import type { FailureFacts } from './explainFailure.ts'
import { inKeys } from './recipients.ts'
import type { RecipientKey } from './recipients.ts'
import { readReferences } from './references.ts'
import { readTags } from './tags.ts'

/** What an event says of the recipient that it happened to. */
export interface EventSubject extends RecipientKey {
  recipient: string
  type: MessageClass
  isTest: boolean
  text: string
  parts: number
  /** Charged, in the smallest unit. */
  cost: number
  clientReference: string | null
  tags: string[]
  facts: FailureFacts
}

interface Row extends FailureFacts {
  sms_identifier: Buffer
  recipient_no: number
  recipient: string
  status: SmsState
  price: number
  parts: number
  type: MessageClass
  text: string
  is_test: number
}

/** @returns recipients by `identifier:number`. The caller bounds them. */
export async function readEventSubjects(
  reader: Reader,
  keys: readonly (RecipientKey & { userId: number })[],
): Promise<Map<string, EventSubject>> {
  if (keys.length === 0) return new Map()
  const rows = await readRows(reader, keys)
  const messages = new Map(keys.map(({ smsIdentifier, userId }) => [smsIdentifier, userId]))
  const owned = [...messages].map(([id, userId]) => ({ userId, id: identifierToBytes(id) }))
  const references = await readReferences(
    reader,
    owned.map(({ id }) => id),
  )
  const tagged = await readTags(reader, owned)
  const tags = new Map(tagged.map((one) => [one.smsIdentifier, one.tags]))
  return new Map(
    rows.map((row) => {
      const smsIdentifier = identifierFromBytes(row.sms_identifier)
      const labels = {
        clientReference: references.get(smsIdentifier) ?? null,
        tags: tags.get(smsIdentifier) ?? [],
      }
      return [`${smsIdentifier}:${row.recipient_no}`, { smsIdentifier, ...toSubject(row), ...labels }]
    }),
  )
}

async function readRows(reader: Reader, keys: readonly RecipientKey[]): Promise<Row[]> {
  const unique = new Map(keys.map((key) => [`${key.smsIdentifier}:${key.recipientNo}`, key]))
  const values = [...unique.values()].map(({ smsIdentifier, recipientNo }): Value[] => [
    identifierToBytes(smsIdentifier),
    recipientNo,
  ])
  const { rows } = await sql<Row>`
    SELECT s.sms_identifier, s.recipient_no, s.recipient, s.status, s.delivery_status, s.provider, s.possibly_sent,
           s.failure_reason, s.price, s.parts, r.type, r.text, r.is_test
    FROM (SELECT * FROM sms_status FORCE INDEX (PRIMARY) WHERE ${inKeys(values)}) s
      STRAIGHT_JOIN sms_requests r FORCE INDEX (PRIMARY) ON r.sms_identifier = s.sms_identifier`.execute(
    reader,
  )
  return rows
}

function toSubject(row: Row): Omit<EventSubject, 'smsIdentifier' | 'clientReference' | 'tags'> {
  return {
    ...{ recipientNo: row.recipient_no, recipient: row.recipient, type: row.type, text: row.text },
    ...{ isTest: row.is_test === 1, parts: row.parts, cost: row.price, facts: row },
  }
}
