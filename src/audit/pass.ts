import type { Db } from '../platform/db/index.ts'
import { openLedgerWalk } from './checkLedger.ts'
import { moneyWalk } from './checkMoney.ts'
import { findStranded, collectUnreferenced, excludeMerged, UNNAMED_MAX } from './checkNamed.ts'
import type { Unnamed } from './checkNamed.ts'
import { outboxWalk } from './checkOutbox.ts'
import { recipientWalk } from './checkRecipients.ts'
import { requestWalk } from './checkRequests.ts'
import type { Page, Table, Walk } from './page.ts'
import type { Violation } from './violation.ts'

/** In this order; a pass is over when all of them are. That of the ledger remembers what it has seen. */
function openWalks(): readonly Walk[] {
  return [openLedgerWalk(), requestWalk, recipientWalk, moneyWalk, outboxWalk]
}

/** The tables of a pass; those twice that are walked twice. */
export const WALKED: readonly Table[] = openWalks().map(({ table }) => table)

/** Where a pass stands: what lies before needs no further look. Its beginning is the first walk with an empty key. */
export interface Place {
  walk: string
  after: string
}

/** What one step came to. */
export interface Step {
  walk: string
  table: Table
  rows: number
  violations: Violation[]
  possibleDuplicates: number
  /** More of the same walk follows. */
  isFull: boolean
}

/** All tables once. */
export interface Pass {
  /** Examines one more page. May be called again after it failed: nothing is counted until a page is done. */
  step(rowsMax: number): Promise<Step>
  /** From where to go on after a restart; undefined when the pass is over. */
  place(): Place | undefined
  isOver(): boolean
}

/** @param from where an earlier pass stood; what a program of another version wrote begins anew. */
export function openPass(db: Db, from?: Place): Pass {
  const walks = openWalks()
  const known = walks.findIndex(({ name }) => name === from?.walk)
  let position = Math.max(known, 0)
  let after = known < 0 ? '' : (from?.after ?? '')
  let unnamed: Unnamed = new Map()
  /** Before the first page that left somebody in `unnamed`. */
  let held: Place | undefined
  /** The last row of the present walk's table when it began, or was taken up again. */
  let last: string | undefined
  /** Set while merged rows are read for those in `unnamed`. */
  let mergedAfter: Buffer | undefined

  const here = (): Place | undefined => {
    const walk = walks[position]
    return walk && { walk: walk.name, after }
  }
  const moveOn = (end: string | undefined) => {
    if (end === undefined) {
      position++
      last = undefined
    }
    after = end ?? ''
  }

  async function stepNaming(walk: Walk, from: Buffer): Promise<Step> {
    const next = await excludeMerged(db, unnamed, from)
    const violations = next ? [] : await findStranded(db, unnamed)
    mergedAfter = next
    if (!next) {
      unnamed = new Map()
      held = undefined
    }
    return { ...empty(walk), violations, isFull: true }
  }

  async function stepPage(walk: Walk, rowsMax: number): Promise<Step> {
    const before = here()
    last ??= await walk.lastPlace?.(db)
    const page: Page = await walk.readPage(db, after, rowsMax)
    if (page.open && page.open.length > 0) await collectUnreferenced(db, page.open, unnamed)
    if (unnamed.size > 0) held ??= before
    const isFull = page.end !== undefined && (last === undefined || page.end < last)
    moveOn(isFull ? page.end : undefined)
    if (unnamed.size >= UNNAMED_MAX || (!isFull && unnamed.size > 0)) mergedAfter = Buffer.alloc(0)
    const { rows, violations, possibleDuplicates = 0 } = page
    return {
      ...empty(walk),
      rows,
      violations,
      possibleDuplicates,
      isFull: isFull || mergedAfter !== undefined,
    }
  }

  return {
    step(rowsMax) {
      if (mergedAfter) return stepNaming(recipientWalk, mergedAfter)
      const walk = walks[position]
      if (!walk) throw new Error('the pass is over')
      return stepPage(walk, rowsMax)
    },
    place: () => held ?? here(),
    isOver: () => walks[position] === undefined && mergedAfter === undefined,
  }
}

function empty({ name, table }: Walk): Step {
  return { walk: name, table, rows: 0, violations: [], possibleDuplicates: 0, isFull: false }
}
