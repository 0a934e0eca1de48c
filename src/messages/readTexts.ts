import type { Tx } from '../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes } from '../primitives/identifier.ts'

/** What all recipients of a request share. `price` is what one of them cost. */
export interface Content {
  text: string
  price: number
}

/** @returns what requests say, by identifier. A request never changes, so no lock is taken. */
export async function readTexts(tx: Tx, smsIdentifiers: string[]): Promise<Map<string, Content>> {
  const rows = await tx
    .selectFrom('sms_requests')
    .select(['sms_identifier', 'text', 'price'])
    .where('sms_identifier', 'in', [...new Set(smsIdentifiers)].map(identifierToBytes))
    .execute()
  return new Map(
    rows.map(({ sms_identifier, text, price }) => [identifierFromBytes(sms_identifier), { text, price }]),
  )
}
