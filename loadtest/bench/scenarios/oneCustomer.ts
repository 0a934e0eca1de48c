import type { Bench } from '../bench.ts'
import { runNamed } from '../findings.ts'
import { messagesPerSecond } from '../measure/sustained.ts'
import { ONE_RECIPIENT } from './oneRecipient.ts'
import { runScenario } from './runScenario.ts'

const RATE_START = 2_000

/** S3: all of S1's load comes from a single customer. The short form offers S1's rate without a search. */
export async function oneCustomer(bench: Bench): Promise<void> {
  const s1 = runNamed(bench.findings, 'S1')
  const start = s1 ? messagesPerSecond(s1) : RATE_START
  await runScenario(bench, {
    ...{ name: 'S3', title: 'one customer sends everything' },
    ...{ load: { ...ONE_RECIPIENT, skew: 'one' }, start, time: bench.form.run },
    rate: bench.options.rate ?? (bench.form.isShort && s1 ? start : undefined),
  })
}
