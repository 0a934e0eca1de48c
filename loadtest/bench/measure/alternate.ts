/** Messages a second of the subject and of its reference, which is the mean of the looks just before and just after. */
export interface Turn {
  rate: number
  referenceRate: number
}

/**
 * Puts each look between two looks at a reference, because a shared machine changes its speed within minutes. Both
 * looks return messages a second; a look gets the rate that the reference carried just before.
 */
export async function alternate(
  turns: number,
  lookAtReference: () => Promise<number>,
  look: (referenceBefore: number) => Promise<number>,
  onTurn: (turn: Turn, number: number) => void,
): Promise<Turn[]> {
  const taken: Turn[] = []
  let before = await lookAtReference()
  for (let number = 1; number <= turns; number++) {
    const rate = await look(before)
    const after = await lookAtReference()
    const turn = { rate, referenceRate: (before + after) / 2 }
    taken.push(turn)
    onTurn(turn, number)
    before = after
  }
  return taken
}

/** The median of the turns' ratios. NaN without turns. */
export function medianRatio(turns: readonly Turn[]): number {
  return median(turns.map(({ rate, referenceRate }) => rate / referenceRate))
}

/** Of an even number of values the mean of the two in the middle. NaN without values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const [lower, upper] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[Math.floor(sorted.length / 2)]]
  return lower === undefined || upper === undefined ? NaN : (lower + upper) / 2
}
