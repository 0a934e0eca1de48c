import { readHistoryBegins } from '../history/index.ts'
import type { Db } from '../platform/db/index.ts'
import { accountScan } from './checkAccounts.ts'
import { attemptScan } from './checkAttempts.ts'
import { bulkScan } from './checkBulks.ts'
import { deadlineScan } from './checkDeadlines.ts'
import { openEventScan } from './checkEvents.ts'
import { holdScan } from './checkHolds.ts'
import { openKeyScan } from './checkKeys.ts'
import { openLedgerScan } from './checkLedger.ts'
import { openMessageScan } from './checkMessages.ts'
import { openOutboxScan } from './checkOutbox.ts'
import { partScan } from './checkParts.ts'
import { quarantineScan } from './checkQuarantine.ts'
import { dayScan, minuteScan, quarterScan } from './checkReports.ts'
import { receiptScan } from './checkReceipts.ts'
import { UNREFERENCED_MAX, collectUnreferenced, excludeMerged, findUnreferenced } from './checkReferenced.ts'
import type { Unreferenced } from './checkReferenced.ts'
import { floorOf, readBriefly } from './page.ts'
import type { Bounds, Page, Scan, Table } from './page.ts'
import { DEFAULT_LIMITS } from './violation.ts'
import type { EngineLimits, Violation } from './violation.ts'

/** The tables of a whole pass, in the order of its scans. */
export const SCANNED: readonly Table[] = wholeScans({}).map(({ table }) => table)

/**
 * The position of a pass: everything before it has been examined. A pass begins at the first scan with an empty key.
 */
export interface Cursor {
  scan: string
  after: string
}

/** The result of one step. */
export interface Step {
  scan: string
  table: Table
  rows: number
  violations: Violation[]
  possibleDuplicates: number
  /** Unfinished recipients that are not quarantined. */
  open: number
  /** Whether the same scan continues. */
  isFull: boolean
}

/** Several scans, one after the other. */
export interface Pass {
  /** Examines one more page. May be called again after a failure, because only finished pages are counted. */
  step(rowsMax: number): Promise<Step>
  /** The position for a restart; undefined when the pass is finished. */
  cursor(): Cursor | undefined
  /** Serializes the state besides the cursor; undefined without any. */
  state(): (() => Buffer) | undefined
  isOver(): boolean
}

export interface PassOptions {
  /** The position and state of an earlier pass. A state of another program version starts again. */
  from?: Cursor | undefined
  state?: Buffer | undefined
  limits?: EngineLimits | undefined
}

/** Bounds that include every row. */
export function openPass(db: Db, options: PassOptions = {}): Pass {
  return openScans(db, wholeScans(options), { from: options.from })
}

/** Messages accepted within the bounds, by identifier, and every new ledger row. */
export function openSlice(
  db: Db,
  bounds: Bounds,
  { from, limits = DEFAULT_LIMITS }: Omit<PassOptions, 'state'> = {},
): Pass {
  return openScans(db, [openMessageScan(limits), accountScan, openOutboxScan(limits)], { bounds, from })
}

/** A week of messages and all that belongs to them but their ledger, by identifier, before it is removed. */
export function openWeek(db: Db, bounds: Bounds, { from, limits = DEFAULT_LIMITS }: PassOptions = {}): Pass {
  return openScans(
    db,
    [openMessageScan(limits), attemptScan, bulkScan, receiptScan, partScan, deadlineScan],
    {
      bounds,
      from,
    },
  )
}

/** The scan of the ledger has a state. */
function wholeScans({ state, limits = DEFAULT_LIMITS }: PassOptions): Scan[] {
  return [
    ...[
      openLedgerScan(state),
      openMessageScan(limits),
      openOutboxScan(limits),
      quarantineScan,
      holdScan,
      attemptScan,
      bulkScan,
    ],
    ...[receiptScan, partScan, deadlineScan, openKeyScan(), openEventScan()],
    ...[minuteScan, quarterScan, dayScan],
  ]
}

function openScans(
  db: Db,
  scans: Scan[],
  { bounds, from }: { bounds?: Bounds; from: Cursor | undefined },
): Pass {
  const firstKeyOf = (scan: Scan | undefined) => (scan?.lastKey ? (bounds?.after ?? '') : '')
  const known = scans.findIndex(({ name }) => name === from?.scan)
  let position = Math.max(known, 0)
  let after = known < 0 ? firstKeyOf(scans[0]) : (from?.after ?? '')
  let unreferenced: Unreferenced = new Map()
  /** Before the first page that added to `unreferenced`. */
  let kept: Cursor | undefined
  /** The last key of the present scan: given, or the last row when it began or was resumed. */
  let upTo: string | undefined
  /** Set while merged rows are read for `unreferenced`. */
  let mergedAfter: Buffer | undefined

  const here = (): Cursor | undefined => {
    const scan = scans[position]
    return scan && { scan: scan.name, after }
  }
  const moveOn = (end: string | undefined) => {
    if (end === undefined) {
      position++
      upTo = undefined
    }
    after = end ?? firstKeyOf(scans[position])
  }

  async function stepMerged(from: Buffer): Promise<Step> {
    const next = await excludeMerged(db, unreferenced, from)
    const violations = next ? [] : await findUnreferenced(db, unreferenced)
    mergedAfter = next
    if (!next) {
      unreferenced = new Map()
      kept = undefined
    }
    return { ...EMPTY, scan: 'messages', table: 'sms_status', violations, isFull: true }
  }

  async function stepPage(scan: Scan, rowsMax: number): Promise<Step> {
    const before = here()
    upTo ??= bounds?.upTo ?? (await scan.lastKey?.(db)) ?? ''
    if (scan.isOfMessages) after = maxOf(after, await messagesFloor(db))
    const page: Page = await scan.readPage(db, { after, upTo: maxOf(upTo, after) }, rowsMax)
    // What was removed while it was compared is no violation: the rest of the page is examined again.
    const isSuspect = page.violations.length > 0 || (page.open?.length ?? 0) > 0
    if (scan.isOfMessages && isSuspect && after < (await messagesFloor(db)))
      return { ...EMPTY, scan: scan.name, table: scan.table, violations: [], isFull: true }
    if (page.open && page.open.length > 0) await collectUnreferenced(db, page.open, unreferenced)
    if (unreferenced.size > 0) kept ??= before
    const isFull = page.end !== undefined
    moveOn(page.end)
    if (unreferenced.size >= UNREFERENCED_MAX || (!isFull && unreferenced.size > 0))
      mergedAfter = Buffer.alloc(0)
    const { rows, violations, possibleDuplicates = 0 } = page
    return {
      ...{ scan: scan.name, table: scan.table },
      ...{ rows, violations, possibleDuplicates, open: page.open?.length ?? 0 },
      isFull: isFull || mergedAfter !== undefined,
    }
  }

  return {
    step(rowsMax) {
      if (mergedAfter) return stepMerged(mergedAfter)
      const scan = scans[position]
      if (!scan) throw new Error('the pass is over')
      return stepPage(scan, rowsMax)
    },
    cursor: () => kept ?? here(),
    state: () => scans[position]?.state?.(),
    isOver: () => scans[position] === undefined && mergedAfter === undefined,
  }
}

const EMPTY = { rows: 0, possibleDuplicates: 0, open: 0 } as const

/** Keys are hex of equal length, or empty. */
function maxOf(one: string, other: string): string {
  return one > other ? one : other
}

async function messagesFloor(db: Db): Promise<string> {
  return floorOf((await readBriefly(db, 'audit.history_begins', readHistoryBegins)).messages)
}
