import type { TargetVerdict } from '../result.ts'
import type { Findings } from './findings.ts'

const P99_MAX_MS = 2_000

/** The guarantee holds with hedging; without, what was missed is listed, given back and as the operators' records say. */
export function judgeDeadlines({ deadlines = [] }: Findings): TargetVerdict[] {
  const scenario = 'deadlines'
  return deadlines.flatMap((each): TargetVerdict[] => {
    const { isHedged, handOver, missed, unlisted, unknown, lateByRecords, compensated } = each
    const agrees = unlisted === 0 && unknown === 0 && compensated.amount === compensated.ofPrices
    return [
      ...(isHedged
        ? [
            {
              ...{ scenario, measured: `${handOver.p99Ms.toFixed(0)} ms (${handOver.count} messages)` },
              target: `hedging, an operator at 5 s: express p99 to hand-over below ${P99_MAX_MS} ms`,
              verdict: handOver.p99Ms < P99_MAX_MS ? ('met' as const) : ('missed' as const),
            },
          ]
        : []),
      {
        scenario,
        target: `${isHedged ? 'hedging' : 'no hedging'}: what operators answered late is listed and given back`,
        measured: `${lateByRecords - unlisted} of ${lateByRecords}, ${missed} listed, ${compensated.amount} of ${compensated.ofPrices} given back`,
        verdict: agrees ? 'met' : 'missed',
      },
    ]
  })
}
