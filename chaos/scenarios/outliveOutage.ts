import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'kysely'
import { read } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import type { MessageClass } from '../../src/primitives/messageClass.ts'
import { keepSending } from '../clients/keepSending.ts'
import { drain } from '../drain.ts'
import type { Stage } from '../stage/stage.ts'
import { USUAL } from '../stage/operators.ts'
import type { Scenario } from './scenario.ts'
import { describeOutage } from './outages.ts'
import type { Ended } from './outages.ts'

const THINK_MS = 150
/** Load before and after it, so that it begins and ends with messages in flight. */
const AROUND_MS = 5_000

/** All operators are down at once, each in a way of its own, while clients go on sending. */
export const outliveOutage: Scenario = async ({ world, record }, { holders, seed, durationMs, say }) => {
  const { stage, processes } = world
  // What is sent is delivered, so that every other end is the outage's doing.
  for (const { admin } of stage.operators) await admin.behave({ ...USUAL, undeliveredRate: 0 })
  const { sent, stop } = keepSending({
    ...{ apiUrls: processes.apiUrls, holders, record, seed, thinkMs: THINK_MS },
    ...{ name: 'outage', words: 'through an outage' },
  })
  await pause(AROUND_MS)
  say(`all operators are down for ${durationMs / 1_000} s`)
  const before = sent.length
  await takeDown(stage, durationMs)
  const during = sent.length - before
  const backAtMs = performance.now()
  say(`they are back; ${during} messages were sent meanwhile`)
  await pause(AROUND_MS)
  await stop()
  await drain(stage.db, say)
  const drainedMs = performance.now() - backAtMs
  return async () => describeOutage(await readEnds(stage.db), { during, durationMs, drainedMs })
}

/**
 * All refuse every call, each by its protocol, and A takes no new connection either. No call that may have been taken is
 * cut off, because its result would be unknown, which is another matter. Resolves when all work again.
 */
async function takeDown({ operators }: Stage, forMs: number): Promise<void> {
  const [a] = operators
  await Promise.all(operators.map(({ admin }) => admin.change({ outage: 'http503' })))
  a.link.shut()
  await pause(forMs)
  await a.link.reopen()
  await Promise.all(operators.map(({ admin }) => admin.change({ outage: 'none' })))
}

/** What recipients ended as, those of the probes too. */
async function readEnds(db: Db): Promise<Ended[]> {
  const { rows } = await read(db, 'chaos.ends', (reader) =>
    sql<{ type: MessageClass; status: string; delivery: string | null; reason: string | null; n: number }>`
      SELECT r.type, s.status, s.delivery_status AS delivery, s.failure_reason AS reason, COUNT(*) AS n
      FROM sms_status s JOIN sms_requests r ON r.sms_identifier = s.sms_identifier
      GROUP BY r.type, s.status, s.delivery_status, s.failure_reason`.execute(reader),
  )
  return rows.map(({ n, ...ended }) => ({ ...ended, count: Number(n) }))
}
