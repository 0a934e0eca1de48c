/** The point of a sweep with the highest rate; the first of equals, which needs the fewest resources. */
export function chooseBest<T extends { messagesPerSecond: number }>(sweep: readonly T[]): T | undefined {
  return sweep.reduce<T | undefined>(
    (best, point) => (best && best.messagesPerSecond >= point.messagesPerSecond ? best : point),
    undefined,
  )
}
