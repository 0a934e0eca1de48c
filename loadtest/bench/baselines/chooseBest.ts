/** The point of a sweep with the highest rate; of equals the first, which asks for less. */
export function chooseBest<T extends { messagesPerSecond: number }>(sweep: readonly T[]): T | undefined {
  return sweep.reduce<T | undefined>(
    (best, point) => (best && best.messagesPerSecond >= point.messagesPerSecond ? best : point),
    undefined,
  )
}
