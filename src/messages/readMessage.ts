import { refuseRemoved } from '../history/index.ts'
import { read } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import { isIdentifier } from '../primitives/identifier.ts'
import { describeMessages } from './describeMessages.ts'
import type { MessageView } from './describeMessages.ts'
import { findRequest } from './findRequests.ts'
import { readLastErrors } from './readLastErrors.ts'

/**
 * @returns the message; undefined for one that this customer did not send, and for a text that is no identifier.
 * @throws Problem 404 for one of before history begins.
 */
export async function readMessage(
  db: Db,
  query: { userId: number; smsIdentifier: string },
): Promise<MessageView | undefined> {
  if (!isIdentifier(query.smsIdentifier)) return undefined
  const found = await read(db, 'messages.read_message', async (reader) => {
    const request = await findRequest(reader, query)
    const [message] = request ? await describeMessages(reader, [request]) : []
    if (!request || message?.status !== 'FAILED_TEMP' || message.recipients > 1) return message
    const errors = await readLastErrors(reader, request.sms_identifier, { first: 1, last: 1 })
    return { ...message, failure: errors.get(1) ?? null }
  })
  return found ?? refuseRemoved(db, query.smsIdentifier)
}
