import { sql } from 'kysely'
import type { DeliveryStatus } from '../../db/schema.ts'
import type { PartIds } from '../operators/index.ts'
import { NOW, insertRows, list } from '../platform/db/index.ts'
import type { Reader, Tx } from '../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes } from '../primitives/identifier.ts'
import { inKeys, referenceOf } from './recipients.ts'
import type { RecipientKey } from './recipients.ts'

export interface OperatorMessage extends RecipientKey {
  /** As the operator wrote it, at most 64 characters. */
  providerMessageId: string
}

/** Stores the operator's own identifiers, for an operator whose receipts do not carry our reference. May run again. */
export async function storeOperatorMessages(
  tx: Tx,
  provider: string,
  messages: OperatorMessage[],
): Promise<void> {
  if (messages.length === 0) return
  await insertRows(
    tx,
    sql`INSERT IGNORE INTO operator_messages (sms_identifier, recipient_no, provider, provider_message_id, created_at)`,
    messages.map(({ smsIdentifier, recipientNo, providerMessageId }) => [
      identifierToBytes(smsIdentifier),
      recipientNo,
      provider,
      providerMessageId,
      NOW,
    ]),
  )
}

export interface OperatorMessageParts extends RecipientKey {
  partIds: PartIds
}

/** The same for messages of which the operator names each part. */
export async function storeOperatorParts(
  tx: Tx,
  provider: string,
  messages: OperatorMessageParts[],
): Promise<void> {
  const rows = messages.flatMap(({ smsIdentifier, recipientNo, partIds }) => {
    const id = identifierToBytes(smsIdentifier)
    return partIds.map((partId, index) => [id, recipientNo, provider, index + 1, partId ?? '', NOW])
  })
  if (rows.length === 0) return
  // An identifier that came late, before or after the others, fills its place.
  await sql`INSERT INTO operator_message_parts
      (sms_identifier, recipient_no, provider, part_no, provider_message_id, created_at)
    VALUES ${list(rows)}
    ON DUPLICATE KEY UPDATE
      provider_message_id = IF(provider_message_id = '', VALUES(provider_message_id), provider_message_id)`.execute(
    tx,
  )
}

/**
 * Of messages whose parts still have their reference, so that the others can follow under it. @returns what operators
 * took, by the message's reference and the operator.
 */
export async function readPartsTaken(
  tx: Tx,
  keys: RecipientKey[],
): Promise<Map<string, Map<string, PartIds>>> {
  const messages = new Map<string, Map<string, PartIds>>()
  if (keys.length === 0) return messages
  const values = keys.map(({ smsIdentifier, recipientNo }) => [identifierToBytes(smsIdentifier), recipientNo])
  const { rows } = await sql<{
    sms_identifier: Buffer
    recipient_no: number
    provider: string
    provider_message_id: string
  }>`
    SELECT sms_identifier, recipient_no, provider, provider_message_id
    FROM part_references JOIN operator_message_parts USING (sms_identifier, recipient_no)
    WHERE ${inKeys(values)}
    ORDER BY sms_identifier, recipient_no, provider, part_no`.execute(tx)
  const parts = rows.map((row) => {
    const key = { smsIdentifier: identifierFromBytes(row.sms_identifier), recipientNo: row.recipient_no }
    return { reference: referenceOf(key), provider: row.provider, id: row.provider_message_id || null }
  })
  for (const [reference, ofMessage] of Map.groupBy(parts, (part) => part.reference)) {
    const byOperator = [...Map.groupBy(ofMessage, ({ provider }) => provider)]
    const taken = byOperator
      .map(([provider, ids]) => [provider, ids.map(({ id }) => id)] as const)
      .filter(([, ids]) => ids.some((id) => id !== null))
    if (taken.length > 0) messages.set(reference, new Map(taken))
  }
  return messages
}

/** A message, or a part of one, that an operator knows by an identifier. */
export interface NamedMessage extends RecipientKey {
  providerMessageId: string
  /** In lower case, without leading zeros: all notations of an identifier in one base share it. */
  matchKey: string
  /** From 1; null for a whole message. */
  partNo: number | null
  /** The part's; null for a whole message. */
  partStatus: DeliveryStatus | null
}

/** @returns what an operator knows by one of these keys. The caller bounds them to some thousands. */
export async function findByMatchKeys(
  reader: Reader,
  provider: string,
  matchKeys: string[],
): Promise<NamedMessage[]> {
  if (matchKeys.length === 0) return []
  const { rows } = await sql<{
    sms_identifier: Buffer
    recipient_no: number
    provider_message_id: string
    match_key: string
    part_no: number | string | null
    part_status: DeliveryStatus | null
  }>`
    SELECT sms_identifier, recipient_no, provider_message_id, match_key, NULL AS part_no, NULL AS part_status
    FROM operator_messages FORCE INDEX (idx_operator_messages_match)
    WHERE provider = ${provider} AND match_key IN (${list(matchKeys)})
    UNION ALL
    SELECT sms_identifier, recipient_no, provider_message_id, match_key, part_no, delivery_status
    FROM operator_message_parts FORCE INDEX (idx_operator_message_parts_match)
    WHERE provider = ${provider} AND match_key IN (${list(matchKeys)}) AND provider_message_id <> ''`.execute(
    reader,
  )
  return rows.map((row) => ({
    smsIdentifier: identifierFromBytes(row.sms_identifier),
    recipientNo: row.recipient_no,
    providerMessageId: row.provider_message_id,
    matchKey: row.match_key,
    // MariaDB gives a column that is NULL in the first SELECT as text.
    partNo: row.part_no === null ? null : Number(row.part_no),
    partStatus: row.part_status,
  }))
}
