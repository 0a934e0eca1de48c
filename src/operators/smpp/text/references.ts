import { randomInt } from 'node:crypto'
import { digitsOf } from '../../../primitives/address.ts'
import type { Submission } from '../../contract.ts'

/** The reference that the parts of one message share. No other open message to its number has it. */
export interface OpenReference {
  value: number
  /** The message has come to its end. */
  release(): void
}

/** Where references come from. A message keeps its own, whichever operator gets it, until it is released. */
export interface References {
  /** @returns undefined when every reference is taken at this number. */
  open(message: Pick<Submission, 'reference' | 'to'>): Promise<OpenReference | undefined>
}

const VALUES = 2 ** 16
/** A handset tells messages apart by what it sees of the reference, which may be eight bits of it. */
const LOW_VALUES = 2 ** 8

/** @returns the value after `last` whose low eight bits no open message has; undefined when there is none. */
export function nextFree(last: number, open: Iterable<number>): number | undefined {
  const taken = new Set(Array.from(open, (value) => value % LOW_VALUES))
  if (taken.size >= LOW_VALUES) return undefined
  let value = (last + 1) % VALUES
  while (taken.has(value % LOW_VALUES)) value = (value + 1) % VALUES
  return value
}

/** @returns where the counter of a number begins. */
export function firstReference(): number {
  return randomInt(VALUES)
}

interface Counter {
  last: number
  /** By message. */
  open: Map<string, number>
}

/** Numbers whose counters are remembered; the one that was used the longest ago is forgotten first. */
const COUNTERS_MAX = 100_000

/** References of this process alone, where no other calls the operators. */
export function createReferences(countersMax = COUNTERS_MAX): References {
  const counters = new Map<string, Counter>()
  return {
    open({ reference, to }) {
      const number = digitsOf(to)
      const counter: Counter = counters.get(number) ?? { last: firstReference(), open: new Map() }
      const own = counter.open.get(reference)
      const value = own ?? nextFree(counter.last, counter.open.values())
      if (value === undefined) return Promise.resolve(undefined)
      counters.delete(number)
      counters.set(number, counter)
      const [oldest] = counters.keys()
      if (counters.size > countersMax && oldest !== undefined) counters.delete(oldest)
      if (own === undefined) counter.last = value
      counter.open.set(reference, value)
      const release = () => void counter.open.delete(reference)
      return Promise.resolve({ value, release })
    },
  }
}
