// Preloaded into one process (--import): its wall clock is wrong by CHAOS_CLOCK_OFFSET_MS, as after a bad adjustment. Its
// monotonic clock and its timers go on as they were.
const offsetMs = Number(process.env['CHAOS_CLOCK_OFFSET_MS'] ?? 0)

if (offsetMs !== 0) {
  const RealDate = Date
  class ShiftedDate extends RealDate {
    constructor(...args: unknown[]) {
      if (args.length === 0) super(RealDate.now() + offsetMs)
      else super(...(args as [number]))
    }
    static override now(): number {
      return RealDate.now() + offsetMs
    }
  }
  globalThis.Date = ShiftedDate as DateConstructor
}
