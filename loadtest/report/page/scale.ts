/** Round numbers from 0 to at least `max`, some `wanted` of them: what an axis shows. */
export function ticksUpTo(max: number, wanted = 4): number[] {
  if (!(max > 0)) return [0, 1]
  const rough = max / wanted
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((each) => each >= rough) ?? rough
  const steps = Math.ceil(max / step - 1e-9)
  return Array.from({ length: steps + 1 }, (_, index) => index * step)
}

/** A function that takes values from one range into another, both in a straight line. */
export function scaleOf(from: [number, number], to: [number, number]): (value: number) => number {
  const width = from[1] - from[0] || 1
  return (value) => Number((to[0] + ((value - from[0]) / width) * (to[1] - to[0])).toFixed(1))
}
