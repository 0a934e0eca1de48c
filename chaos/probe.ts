import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'kysely'
import { read } from '../src/platform/db/index.ts'
import type { Db } from '../src/platform/db/index.ts'
import { identifierToBytes } from '../src/primitives/identifier.ts'
import { ask } from './clients/ask.ts'
import { noteAnswer, numbersOf } from './clients/record.ts'
import type { ClientRecord, Sent } from './clients/record.ts'

/** Asks whether the engine works. */
export interface Prober {
  /** Sends one message. @returns whether it was accepted, and handed over in time. */
  probe(apiUrl: string, type: Sent['type']): Promise<boolean>
}

export const PROBE_TIMEOUT_MS = 3_000
const LOOK_MS = 25
/** To A first, and to C (stage/operatorsFile.ts). */
const NUMBERS = { normal: 9_120_000_000, express: 5_120_000_000 }

/** @param customer whose money it is. What is sent goes into the clients' record, as all is. */
export function openProber(customer: number, record: ClientRecord, db: Db): Prober {
  let probes = 0
  return {
    async probe(apiUrl, type) {
      const mark = `probe ${++probes}`
      const sent: Sent = {
        ...{ mark, customer, type, recipients: 1, firstNumber: NUMBERS[type] },
        ...{ answered: 'unknown', label: '' },
      }
      record.sent.push(sent)
      const request = { customer_id: customer, text: `[${mark}] probe`, type, recipients: numbersOf(sent) }
      const { answered, label, body } = await ask(`${apiUrl}/sms/send`, request, {
        timeoutMs: PROBE_TIMEOUT_MS,
      })
      noteAnswer(record, label)
      Object.assign(sent, { answered, label })
      if (answered !== 'accepted') return false
      sent.smsIdentifier = String(body['sms_identifier'])
      return isDoneSoon(db, sent.smsIdentifier)
    },
  }
}

async function isDoneSoon(db: Db, smsIdentifier: string): Promise<boolean> {
  const deadlineMs = performance.now() + PROBE_TIMEOUT_MS
  while (performance.now() < deadlineMs) {
    if (await isDone(db, smsIdentifier)) return true
    await pause(LOOK_MS)
  }
  return false
}

/** Also no while the database is unavailable. */
async function isDone(db: Db, smsIdentifier: string): Promise<boolean> {
  try {
    const { rows } = await read(db, 'chaos.probe', (reader) =>
      sql`SELECT 1 FROM sms_status WHERE sms_identifier = ${identifierToBytes(smsIdentifier)} AND status = 'done'`.execute(
        reader,
      ),
    )
    return rows.length > 0
  } catch {
    return false
  }
}
