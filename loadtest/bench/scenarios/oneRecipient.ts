import type { Bench } from '../bench.ts'
import { runNamed } from '../findings.ts'
import { messagesPerSecond } from '../measure/sustained.ts'
import { ONE_MESSAGE_A_CALL, runScenario } from './runScenario.ts'

/** 5,000 customers send to one recipient each time; one message in five is express. */
export const ONE_RECIPIENT = {
  customerLast: 5_000,
  skew: 'uniform',
  recipientsPerRequest: 1,
  expressShare: 0.2,
} as const

const RATE_START = 2_000
/**
 * The expected rate of single calls as a share of the batched rate. The search starts there, and the short form offers
 * it.
 */
const SINGLE_SHARE = 0.7

/** S1 */
export async function oneRecipient(bench: Bench): Promise<void> {
  await runScenario(bench, {
    ...{ name: 'S1', title: 'one recipient a request, 5,000 customers, 20 % express' },
    ...{ load: ONE_RECIPIENT, start: RATE_START, time: bench.form.run, rate: bench.options.rate },
  })
}

/** S1 with operators that take one message a call. */
export async function oneRecipientOneMessageACall(bench: Bench): Promise<void> {
  const s1 = runNamed(bench.findings, 'S1')
  const start = s1 ? messagesPerSecond(s1) * SINGLE_SHARE : RATE_START * SINGLE_SHARE
  await runScenario(bench, {
    ...{ name: 'S1 single', title: 'S1 with one message an operator call', env: ONE_MESSAGE_A_CALL },
    ...{ load: ONE_RECIPIENT, start, time: bench.form.singleRun, probesMax: bench.form.singleProbesMax },
    rate: bench.options.rate ?? (bench.form.isShort ? start : undefined),
  })
}
