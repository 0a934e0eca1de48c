import { sql } from 'kysely'
import { NOW, insertRows } from '../platform/db/index.ts'
import type { Tx } from '../platform/db/index.ts'
import { identifierToBytes } from '../primitives/identifier.ts'
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
