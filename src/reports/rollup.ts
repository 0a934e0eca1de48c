import type { CellKey, Contribution } from './contribution.ts'
import { startOf } from './levels.ts'
import { addLatency, merge } from './sketch.ts'
import type { Sketch } from './sketch.ts'

/** What the recipients of a cell come to: a row of a rollup, or what is to be added to one. */
export interface Cell extends CellKey {
  messages: number
  parts: number
  charged: number
  refunded: number
  /** What operators charge, and of how many recipients that is known. */
  cost: number
  costed: number
  handovers: number
  handoverMs: number
  deliveries: number
  deliveryMs: number
  handoverSketch: Sketch
  deliverySketch: Sketch
}

/** Cells by their keys. */
export type Rollup = Map<string, Cell>

/** The number of the sum of all customers. */
export const ALL_CUSTOMERS = 0

/** Adds a recipient, or takes it out again. */
export function addContribution(rollup: Rollup, one: Contribution, sign: 1 | -1 = 1): void {
  const cell = cellOf(rollup, one)
  cell.messages += sign
  cell.parts += sign * one.parts
  cell.charged += sign * one.charged
  cell.refunded += sign * one.refunded
  if (one.cost !== null) {
    cell.cost += sign * one.cost
    cell.costed += sign
  }
  if (one.handoverMs !== null) {
    cell.handovers += sign
    cell.handoverMs += sign * one.handoverMs
    addLatency(cell.handoverSketch, one.handoverMs, sign)
  }
  if (one.deliveryMs !== null) {
    cell.deliveries += sign
    cell.deliveryMs += sign * one.deliveryMs
    addLatency(cell.deliverySketch, one.deliveryMs, sign)
  }
}

/** Adds cells to those of their keys. */
export function addCells(rollup: Rollup, cells: Iterable<Cell>): void {
  for (const other of cells) {
    const cell = cellOf(rollup, other)
    cell.messages += other.messages
    cell.parts += other.parts
    cell.charged += other.charged
    cell.refunded += other.refunded
    cell.cost += other.cost
    cell.costed += other.costed
    cell.handovers += other.handovers
    cell.handoverMs += other.handoverMs
    cell.deliveries += other.deliveries
    cell.deliveryMs += other.deliveryMs
    merge(cell.handoverSketch, other.handoverSketch)
    merge(cell.deliverySketch, other.deliverySketch)
  }
}

/** @returns the same by longer spans. */
export function coarsen(rollup: Rollup, lengthMs: number): Rollup {
  const longer: Rollup = new Map()
  for (const cell of rollup.values())
    addCells(longer, [{ ...cell, startedAtMs: startOf(cell.startedAtMs, lengthMs) }])
  return longer
}

/** @returns the cells of customers, followed by those of all together. */
export function withSums(rollup: Rollup): Cell[] {
  const sum: Rollup = new Map()
  for (const cell of rollup.values()) addCells(sum, [{ ...cell, userId: ALL_CUSTOMERS }])
  return [...rollup.values(), ...sum.values()]
}

/** @returns whether adding the cell changes nothing. */
export function isNothing(cell: Cell): boolean {
  const { messages, parts, charged, refunded, cost, costed } = cell
  const { handovers, handoverMs, deliveries, deliveryMs } = cell
  const numbers = [
    messages,
    parts,
    charged,
    refunded,
    cost,
    costed,
    handovers,
    handoverMs,
    deliveries,
    deliveryMs,
  ]
  return numbers.every((number) => number === 0) && cell.handoverSketch.size + cell.deliverySketch.size === 0
}

export function textOf({ userId, startedAtMs, type, operator, country, result }: CellKey): string {
  return `${userId} ${startedAtMs} ${type} ${operator} ${country} ${result}`
}

function cellOf(rollup: Rollup, key: CellKey): Cell {
  const text = textOf(key)
  const known = rollup.get(text)
  if (known) return known
  const { userId, startedAtMs, type, operator, country, result } = key
  const cell: Cell = {
    ...{ userId, startedAtMs, type, operator, country, result },
    ...{
      messages: 0,
      parts: 0,
      charged: 0,
      refunded: 0,
      cost: 0,
      costed: 0,
      handovers: 0,
      handoverMs: 0,
      deliveries: 0,
      deliveryMs: 0,
    },
    ...{ handoverSketch: new Map(), deliverySketch: new Map() },
  }
  rollup.set(text, cell)
  return cell
}
