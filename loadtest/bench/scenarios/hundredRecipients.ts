import type { Bench } from '../bench.ts'
import { describeRun } from '../describeRun.ts'
import { runNamed } from '../findings.ts'
import { auditTables } from '../measure/auditTables.ts'
import { runLoad } from '../measure/runLoad.ts'
import { messagesPerSecond } from '../measure/sustained.ts'
import { withCrew } from '../stage/withCrew.ts'
import { ONE_MESSAGE_A_CALL, runScenario } from './runScenario.ts'

const RECIPIENTS = 100
/** The same customers and classes as in S1. */
export const HUNDRED_RECIPIENTS = {
  customerLast: 5_000,
  skew: 'uniform',
  recipientsPerRequest: RECIPIENTS,
  expressShare: 0.2,
} as const

const RATE_START = 55
const SINGLE_SHARE = 0.2

/** S2 */
export async function hundredRecipients(bench: Bench): Promise<void> {
  await runScenario(bench, {
    ...{ name: 'S2', title: '100 recipients a request' },
    ...{ load: HUNDRED_RECIPIENTS, start: RATE_START, time: bench.form.run, rate: bench.options.rate },
  })
}

/** @returns the finished messages a second at the offered rate. */
export async function carryHundreds(
  { stage, stopList, form, options, say }: Bench,
  { offered, durationMs }: { offered: number; durationMs: number },
): Promise<number> {
  const ratePerSecond = Math.round(offered / RECIPIENTS)
  const { warmUpMs } = form.run
  const crewOptions = { stage, stopList, env: options.env, customers: HUNDRED_RECIPIENTS.customerLast }
  const run = await withCrew(crewOptions, (crew) =>
    runLoad(crew, {
      ...{ name: 'S2 in turn', title: 'S2 in turn with the database alone', onProgress: say },
      load: { ...HUNDRED_RECIPIENTS, warmUpMs, durationMs, ratePerSecond },
    }),
  )
  for (const line of describeRun(run)) say(line)
  const { isClean } = await auditTables(stage.servers.databaseUrl)
  if (!isClean) throw new Error('S2 in turn: the audit found something')
  return messagesPerSecond(run)
}

/** S2 with operators that take one message a call. */
export async function hundredRecipientsOneMessageACall(bench: Bench): Promise<void> {
  const s2 = runNamed(bench.findings, 'S2')
  const messages = s2 ? messagesPerSecond(s2) : RATE_START * RECIPIENTS
  const start = (messages / RECIPIENTS) * SINGLE_SHARE
  await runScenario(bench, {
    ...{ name: 'S2 single', title: 'S2 with one message an operator call', env: ONE_MESSAGE_A_CALL },
    ...{ load: HUNDRED_RECIPIENTS, start, time: bench.form.singleRun, probesMax: bench.form.singleProbesMax },
    rate: bench.options.rate ?? (bench.form.isShort ? start : undefined),
  })
}
