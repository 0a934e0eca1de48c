/** Keys that some work is under way for, such as the customers with requests in a queue. */
export interface KeysInUse<K> {
  has(key: K): boolean
  /** Counts the key until the work has ended, well or not. @returns its result. */
  during<T>(key: K, work: () => Promise<T>): Promise<T>
}

export function openKeysInUse<K>(): KeysInUse<K> {
  const counts = new Map<K, number>()
  const count = (key: K, change: 1 | -1) => {
    const left = (counts.get(key) ?? 0) + change
    if (left > 0) counts.set(key, left)
    else counts.delete(key)
  }
  return {
    has: (key) => counts.has(key),
    async during(key, work) {
      count(key, 1)
      try {
        return await work()
      } finally {
        count(key, -1)
      }
    },
  }
}
