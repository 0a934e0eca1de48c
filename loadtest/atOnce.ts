/** Does `work` for each item, at most `limit` at a time. Rejects with the first fault, after what was under way. */
export async function atOnce<T>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = items.values()
  const faults: unknown[] = []
  const worker = async () => {
    for (const item of waiting) {
      if (faults.length > 0) return
      await work(item).catch((error: unknown) => faults.push(error))
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker))
  if (faults.length > 0) throw faults[0]
}
