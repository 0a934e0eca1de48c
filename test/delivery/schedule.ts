import { sql } from 'kysely'
import { cancel } from '../../src/delivery/index.ts'
import { claim } from '../../src/outbox/claim.ts'
import type { Envelope } from '../../src/outbox/index.ts'
import type { OperatorResult, Submission } from '../../src/operators/index.ts'
import { transact } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { CLASSES } from '../../src/primitives/messageClass.ts'
import type { MessageClass } from '../../src/primitives/messageClass.ts'
import type { OnUnknown } from '../../src/primitives/onUnknown.ts'
import { look, newIdOf } from '../support/arrange.ts'
import { makeDue } from '../support/makeDue.ts'
import { CUSTOMER, RETRY, UNKNOWN_SUBMISSIONS_MAX, openBench, openDelivery } from './bench.ts'
import { accepts, answers, testOperator } from './operators.ts'
import { openSubmissionRecord } from './submissionRecord.ts'
import { violationsIn } from './violations.ts'

/** What a call comes to. `late`: it is answered by a later step. `crash`: its process loses its memory. */
export type CallKind = 'accepted' | 'mixed' | 'silent' | 'unavailable' | 'refused' | 'late' | 'crash'

export type Step =
  | { kind: 'accept'; type: MessageClass; count: number; onUnknown: OnUnknown }
  | { kind: 'relay'; type: MessageClass }
  | { kind: 'deliver' | 'redeliver'; process: number; which: number; calls: CallKind[] }
  | { kind: 'answerLate'; which: number; call: CallKind }
  | { kind: 'cancel'; which: number }
  | { kind: 'expireLeases' }
  | { kind: 'comeDue' }

/** Messages, a queue and some processes that deliver, without a relay or a broker. */
export interface Schedule {
  db: Db
  run(step: Step): Promise<void>
  /** All operators accept, late answers arrive, leases expire: runs until everything ended, waits for a person or is held. */
  endWell(): Promise<void>
  violations(): Promise<string[]>
  close(): Promise<void>
}

const ROUNDS_MAX = 20
const ENDING_ROWS = 20
const MIXED = ['accepted', 'rejected', 'unavailable', 'unknown'] as const

interface Process {
  deliver: (envelope: Envelope) => Promise<void>
  calls: CallKind[]
  /** Resolves when a call is late or the process crashes: the step need not wait for the delivery. */
  stuck: PromiseWithResolvers<void>
}

export async function openSchedule(settings: { processes: number; attemptsMax: number }): Promise<Schedule> {
  const bench = await openBench()
  const { db } = bench
  const record = openSubmissionRecord(db)
  const accepted: string[] = []
  const queue: Envelope[] = []
  const delivered: Envelope[] = []
  const late: { answer: (call: CallKind) => void; delivery: () => Promise<void> }[] = []
  let calls = 0

  const openProcess = (): Process => {
    const process: Process = { calls: [], stuck: Promise.withResolvers(), deliver: () => Promise.resolve() }
    const operators = ['a', 'b'].map((name) =>
      testOperator(
        name,
        async (batch) => {
          const settle = await record.submitted(batch)
          const call = process.calls[calls++ % process.calls.length] ?? 'accepted'
          if (call === 'crash') {
            const place = processes.indexOf(process)
            if (place >= 0) processes[place] = openProcess()
            process.stuck.resolve()
            return new Promise(() => {})
          }
          if (call !== 'late') return settle(resultOf(call, batch, calls))
          const answer = Promise.withResolvers<CallKind>()
          late.push({ answer: answer.resolve, delivery: () => current })
          process.stuck.resolve()
          return settle(resultOf(await answer.promise, batch, calls))
        },
        { deduplicatesReferences: name === 'a', batchSizeMax: name === 'a' ? 3 : 100 },
      ),
    )
    // Breakers would hide results, and are tested elsewhere.
    for (const { breaker } of operators) breaker.record = () => Promise.resolve()
    const { deliver } = openDelivery(db, operators, {
      retry: { ...RETRY, attemptsMax: settings.attemptsMax },
    })
    let current = Promise.resolve()
    process.deliver = (envelope) => (current = deliver(envelope))
    return process
  }
  const processes = Array.from({ length: settings.processes }, openProcess)

  const deliver = async (number: number, envelope: Envelope | undefined, script: CallKind[]) => {
    const process = processes[number]
    if (!process || !envelope) return
    process.calls = script
    process.stuck = Promise.withResolvers()
    delivered.push(envelope)
    await Promise.race([process.deliver(envelope), process.stuck.promise])
  }
  const relay = async (type: MessageClass, rows = 2) => {
    const claimed =
      (await claim(db, type, rows, newIdOf(db), { condition: 'waiting' })) ??
      (await claim(db, type, rows, newIdOf(db)))
    queue.push(...(claimed?.envelopes ?? []))
  }
  const expireLeases = () =>
    look(
      db,
      sql`UPDATE sms_status SET lease_until = NOW(3) - INTERVAL 1 SECOND WHERE lease_until IS NOT NULL`,
    )
  const comeDue = () => transact(db, 'test.due', (tx) => makeDue(tx, sql`TRUE`))
  const answerLate = async (which: number, call: CallKind) => {
    const [waiting] = late.splice(which % Math.max(1, late.length), 1)
    waiting?.answer(call)
    await waiting?.delivery()
  }

  const run = async (step: Step): Promise<void> => {
    switch (step.kind) {
      case 'accept':
        accepted.push(await bench.accept({ type: step.type, count: step.count, onUnknown: step.onUnknown }))
        break
      case 'relay':
        await relay(step.type)
        break
      case 'deliver':
        await deliver(step.process, queue.splice(step.which % Math.max(1, queue.length), 1)[0], step.calls)
        break
      case 'redeliver':
        await deliver(step.process, delivered[step.which % Math.max(1, delivered.length)], step.calls)
        break
      case 'answerLate':
        // A delivery may have several late calls, of which the step answers one.
        await Promise.race([answerLate(step.which, step.call), untilQuiet(db)])
        break
      case 'cancel': {
        const smsIdentifier = accepted[step.which % Math.max(1, accepted.length)]
        if (smsIdentifier) await cancel({ db }, { userId: CUSTOMER, smsIdentifier })
        break
      }
      case 'expireLeases':
        await expireLeases()
        break
      case 'comeDue':
        await comeDue()
        break
    }
  }
  const endWell = async () => {
    for (const process of processes) process.calls = ['accepted']
    while (late.length > 0) await Promise.race([answerLate(0, 'accepted'), untilQuiet(db)])
    for (let round = 0; round < ROUNDS_MAX; round++) {
      await expireLeases()
      await comeDue()
      // Twice: what is held comes due each time, and is relayed before what is ready.
      for (const type of [...CLASSES, ...CLASSES]) await relay(type, ENDING_ROWS)
      for (const envelope of queue.splice(0)) await deliver(round % processes.length, envelope, ['accepted'])
      if (await isEverythingEnded()) return
    }
    throw new Error(`after ${ROUNDS_MAX} rounds there is still something to deliver`)
  }
  /** An empty round is no end: a delivery whose late answer has arrived may not have given its row back yet. */
  const isEverythingEnded = async () =>
    (
      await look(
        db,
        sql`SELECT 1 FROM sms_status s JOIN sms_requests r ON r.sms_identifier = s.sms_identifier
          WHERE (status = 'pending' AND NOT (unconfirmed > 0 AND on_unknown = 'hold'))
            OR (status = 'sending' AND owner IS NOT NULL) LIMIT 1`,
      )
    ).length === 0
  return {
    ...{ db, run, endWell },
    violations: async () => [
      ...(await violationsIn(db)),
      ...(await record.violations(UNKNOWN_SUBMISSIONS_MAX)),
    ],
    close: () => bench.close(),
  }
}

/** What a delivery does without waiting for an answer that is still missing is over after some round trips. */
async function untilQuiet(db: Db): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await look(db, sql`SELECT 1`)
}

function resultOf(call: CallKind, batch: Submission[], seed: number) {
  switch (call) {
    case 'mixed':
      return answers(batch, (_, position = batch.indexOf(_)) =>
        toResult(MIXED[(seed + position) % MIXED.length]),
      )
    case 'silent':
      return { kind: 'unknown' as const, reason: 'no answer' }
    case 'unavailable':
      return { kind: 'unavailable' as const, reason: 'HTTP 503' }
    case 'refused':
      return { kind: 'refused' as const, reason: 'HTTP 400', operatorFailed: false }
    case 'accepted':
    case 'late':
    case 'crash':
      return accepts(batch)
  }
}

function toResult(kind: (typeof MIXED)[number] = 'accepted'): OperatorResult {
  return kind === 'accepted' ? { kind, operatorMessageId: null } : { kind, reason: kind }
}
