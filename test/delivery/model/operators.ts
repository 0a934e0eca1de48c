import { AsyncLocalStorage } from 'node:async_hooks'
import type { CallResult, OperatorResult, Submission } from '../../../src/operators/contract.ts'
import { Breaker } from '../../../src/operators/breaker.ts'
import type { Operator } from '../../../src/operators/index.ts'
import type { Db } from '../../../src/platform/db/index.ts'
import { outcomeOf, takenAs } from './deliveryModel.ts'
import type { Answer } from './deliveryModel.ts'
import type { OperatorName } from './state.ts'
import { readTable } from './table.ts'

/** Beyond what any run calls: no breaker opens by itself. */
const NEVER_CALLS = 1_000_000
const NEVER_MS = 600_000

/** A call that waits for its answer. */
export interface Parked {
  operator: string
  /** In order. */
  refs: string[]
  answer: (answer: Answer) => void
}

/** What operators were asked and said of one recipient, one entry a call. `open`: nothing yet, and perhaps never. */
export type Word = 'open' | 'accepted' | 'rejected' | 'unavailable' | 'unknown'

/** The operators' side of a run: who was called, with what, and what came of it. */
export interface Record {
  /**
   * Looks, at the moment of a call, whether each that an operator may have already is marked as a possible duplicate.
   * @returns the owners that the rows have.
   */
  noteCall(refs: string[]): Promise<Set<string | null>>
  noteAnswer(ref: string, word: Word): void
  /** Recipients that were sent a second time unmarked. */
  readonly unmarked: string[]
}

export function openRecord(db: Db): Record {
  const words = new Map<string, Word[]>()
  const unmarked: string[] = []
  return {
    unmarked,
    async noteCall(refs) {
      const { recipients } = await readTable(db)
      for (const ref of refs) {
        const before = words.get(ref) ?? []
        const mayHaveIt = before.some((word) => word !== 'unavailable' && word !== 'rejected')
        if (mayHaveIt && !recipients.get(ref)?.possibleDuplicate) unmarked.push(ref)
        words.set(ref, [...before, 'open'])
      }
      return new Set(refs.map((ref) => recipients.get(ref)?.owner ?? null))
    },
    // A later call of the same recipient may be open too; which of them is answered makes no difference to the mark.
    noteAnswer(ref, word) {
      const all = words.get(ref) ?? []
      const position = all.indexOf('open')
      if (position >= 0) all[position] = word
    },
  }
}

/** Breakers of an operator that may be called and of one that may not. */
export interface Breakers {
  closed: Breaker
  open: Breaker
  close(): void
}

export async function openBreakers(): Promise<Breakers> {
  const closed = new Breaker({ volumeThreshold: NEVER_CALLS })
  const open = new Breaker({ resetTimeoutMs: NEVER_MS })
  for (let ticket = open.admit(); ticket; ticket = open.admit()) await open.record(ticket, true)
  return {
    closed,
    open,
    close: () => {
      closed.close()
      open.close()
    },
  }
}

/** Which delivery a call belongs to: it is made in the course of that delivery. */
export const delivering = new AsyncLocalStorage<(parked: Parked) => Promise<void>>()

/** An operator at the outside of the program: each call waits until the run answers it. */
export function parkingOperator(
  name: OperatorName,
  breakers: Breakers,
  away: { [name in OperatorName]: boolean },
  record: Record,
): Operator {
  return {
    name,
    get breaker() {
      return away[name] ? breakers.open : breakers.closed
    },
    adapter: {
      name,
      batchSizeMax: 100,
      submit: async (batch) => {
        const said = Promise.withResolvers<Answer>()
        const refs = batch.map(({ reference }) => reference).sort()
        await delivering.getStore()?.({ operator: name, refs, answer: said.resolve })
        return resultOf(name, batch, refs, await said.promise, record)
      },
      close: () => Promise.resolve(),
    },
  }
}

function resultOf(
  name: string,
  batch: Submission[],
  refs: string[],
  answer: Answer,
  record: Record,
): CallResult {
  const outcomes = batch.map(({ reference }): OperatorResult => {
    const kind = outcomeOf(answer, refs.indexOf(reference))
    record.noteAnswer(reference, kind)
    if (kind === 'accepted') return { kind, providerMessageId: takenAs(name, reference) }
    return { kind, reason: 'so it says' }
  })
  if (answer.kind === 'each') return { kind: 'answered', outcomes, operatorFailed: false }
  return { kind: answer.kind, reason: 'so it says', operatorFailed: true }
}
