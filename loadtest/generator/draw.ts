import { randomOf } from './random.ts'
import type { GeneratorPlan } from './plan.ts'

export type Draw = Pick<GeneratorPlan, 'skew' | 'seed' | 'customerFirst' | 'customerLast'>

/** @returns a function that draws the customer of the next request; 0 is the first customer. */
export function drawCustomers({ skew, seed, customerFirst, customerLast }: Draw): () => number {
  const customers = customerLast - customerFirst + 1
  const random = randomOf(seed)
  switch (skew) {
    case 'one':
      return () => 0
    case 'uniform':
      return () => Math.floor(random() * customers)
    case 'zipf': {
      const upTo = cumulate(customers)
      return () => firstAbove(upTo, random() * (upTo.at(-1) ?? 0))
    }
  }
}

/** Cumulative weights of 1, 1/2, 1/3 and so on. */
function cumulate(customers: number): Float64Array {
  const upTo = new Float64Array(customers)
  let sum = 0
  for (let index = 0; index < customers; index++) upTo[index] = sum += 1 / (index + 1)
  return upTo
}

function firstAbove(upTo: Float64Array, value: number): number {
  let low = 0
  let high = upTo.length - 1
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((upTo[middle] ?? 0) > value) high = middle
    else low = middle + 1
  }
  return low
}
