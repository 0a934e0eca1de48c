/** An express message of one recipient, as the tables have it. */
export interface GuaranteedMessage {
  id: string
  guaranteedByMs: number
}

/** An operator's record, and how long it took to answer what it took at a time. */
export interface AnsweringOperator {
  takings: AsyncIterable<{ reference: string; firstTakenAt: number | null }>
  latencyMsAt: (takenAtMs: number) => number
}

export interface MissesOfRecords {
  messages: number
  /** By the operators' records: no operator had answered when the guarantee was over. */
  lateByRecords: number
  /** Of these, not listed by the engine. */
  unlisted: number
  /** Listed, although an operator had answered in time: the result was stored too late. */
  storedLate: number
  /** In no record. */
  unknown: number
  /** Taken by two operators. */
  takenTwice: number
}

/** Compares what the engine lists as missed with what the operators say of when they answered. */
export async function compareMisses(
  messages: readonly GuaranteedMessage[],
  listed: ReadonlySet<string>,
  operators: readonly AnsweringOperator[],
): Promise<MissesOfRecords> {
  const answers = new Map<string, number[]>(messages.map(({ id }) => [id, []]))
  for (const { takings, latencyMsAt } of operators)
    for await (const { reference, firstTakenAt } of takings)
      if (firstTakenAt !== null)
        answers.get(reference.split(':')[0] ?? '')?.push(firstTakenAt + latencyMsAt(firstTakenAt))
  const found = messages.map(({ id, guaranteedByMs }) => {
    const answeredAtMs = answers.get(id) ?? []
    return {
      isListed: listed.has(id),
      isLate: Math.min(...answeredAtMs) > guaranteedByMs,
      operators: answeredAtMs.length,
    }
  })
  const count = (matches: (each: (typeof found)[number]) => boolean) => found.filter(matches).length
  return {
    messages: messages.length,
    lateByRecords: count(({ isLate }) => isLate),
    unlisted: count(({ isLate, isListed }) => isLate && !isListed),
    storedLate: count(({ isLate, isListed }) => !isLate && isListed),
    unknown: count((each) => each.operators === 0),
    takenTwice: count((each) => each.operators > 1),
  }
}
