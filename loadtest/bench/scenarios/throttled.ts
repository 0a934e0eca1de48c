import type { Bench } from '../bench.ts'
import { describeRun } from '../describeRun.ts'
import { auditTables } from '../measure/auditTables.ts'
import { runBesideBacklog } from './expressBesideBacklog.ts'

export const THROTTLED_NAME = 'throttled'

const CALLS_PER_SECOND_MAX = 20
const OPERATORS = 2
/** Recipients of a full call, as the engine sends them by default. */
const RECIPIENTS_PER_CALL = 100
/** The backlog, as a multiple of what both operators accept during the load and its warm-up. */
const SATURATION = 1.5
const WARM_UP_SECONDS = 5
const EXPRESS_PER_SECOND = 10

/** Express at 10 a second beside normal traffic that always exceeds what two operators of 20 calls a second take. */
export async function throttled(bench: Bench): Promise<void> {
  const { stage, form, findings, say } = bench
  const { operators, servers } = stage
  const { durationMs } = form.throttled
  const seconds = WARM_UP_SECONDS + durationMs / 1_000
  const waiting = Math.ceil(CALLS_PER_SECOND_MAX * OPERATORS * RECIPIENTS_PER_CALL * seconds * SATURATION)
  try {
    const run = await runBesideBacklog(bench, {
      ...{ name: THROTTLED_NAME, title: `express beside normal traffic that operators throttle`, waiting },
      ...{ expressPerSecond: EXPRESS_PER_SECOND, durationMs },
      onLoad: {
        before: () => operators.behave({ callsPerSecondMax: CALLS_PER_SECOND_MAX }),
        // The rest of the backlog adds no information.
        after: () => operators.behave({}),
      },
    })
    for (const line of describeRun(run)) say(line)
    findings.runs.push({ ...run, audit: await auditTables(servers.databaseUrl) })
  } finally {
    await operators.behave({})
  }
}
