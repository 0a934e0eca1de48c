import { sql } from 'kysely'
import { read } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import { identifierFromBytes } from '../primitives/identifier.ts'
import { inRanges, referenceOf, toRanges } from './recipients.ts'
import type { RecipientKey } from './recipients.ts'

/** Where a recipient's message may be, as its stored attempts say. */
export interface UnknownAt {
  /** Operators that did not answer. An empty name stands for a run whose result was never stored. */
  providers: string[]
  /** Since the last of these submissions ended. */
  ageMs: number
}

/** @returns by reference; nothing for a recipient that has no attempt with an unknown result. */
export function readUnknownAt(db: Db, keys: RecipientKey[]): Promise<Map<string, UnknownAt>> {
  return read(db, 'messages.read_unknown_at', async (reader) => {
    const { rows } = await sql<{
      sms_identifier: Buffer
      recipient_no: number
      provider: string
      age_ms: number | string
    }>`
      SELECT sms_identifier, recipient_no, provider,
             TIMESTAMPDIFF(MICROSECOND, MAX(started_at + INTERVAL duration_ms * 1000 MICROSECOND), NOW(3)) / 1000 AS age_ms
      FROM delivery_attempts FORCE INDEX (PRIMARY)
      WHERE ${inRanges(toRanges(keys))} AND result = 'unknown'
      GROUP BY sms_identifier, recipient_no, provider`.execute(reader)
    const found = new Map<string, UnknownAt>()
    for (const { sms_identifier, recipient_no: recipientNo, provider, age_ms } of rows) {
      const reference = referenceOf({ smsIdentifier: identifierFromBytes(sms_identifier), recipientNo })
      const { providers, ageMs } = found.get(reference) ?? { providers: [], ageMs: Infinity }
      found.set(reference, { providers: [...providers, provider], ageMs: Math.min(ageMs, Number(age_ms)) })
    }
    return found
  })
}
