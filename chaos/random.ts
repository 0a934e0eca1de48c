import { randomOf } from '../loadtest/generator/random.ts'

/** What a seed decides. */
export interface Random {
  /** From 0 up to 1. */
  share(): number
  /** A whole number from `least` to `most`. */
  whole(least: number, most: number): number
  pick<T>(items: readonly T[]): T
}

export function openRandom(seed: number): Random {
  const share = randomOf(seed)
  const whole = (least: number, most: number) => least + Math.floor(share() * (most - least + 1))
  return {
    share,
    whole,
    pick<T>(items: readonly T[]): T {
      if (items.length === 0) throw new RangeError('there is nothing to pick from')
      return items[whole(0, items.length - 1)] as T
    },
  }
}
