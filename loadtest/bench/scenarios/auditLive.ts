import { runAudit } from '../../../dev/stack/runAudit.ts'
import type { Bench } from '../bench.ts'
import { runLoad } from '../measure/runLoad.ts'
import { carriedOfOffered } from '../measure/sustained.ts'
import { fillDone } from '../stage/fillDone.ts'
import { readProcessStat } from '../stage/processStat.ts'
import type { ProcessStat } from '../stage/processStat.ts'
import { withCrew } from '../stage/withCrew.ts'
import { ONE_RECIPIENT } from './oneRecipient.ts'

/** The history is short, because the figures are read for each second that has rows. */
const HISTORY_MS = 3_600_000
const LOOK_MS = 250

/** The same load twice on a database with many messages: without the audit, and while it reads them all. */
export async function auditLive(bench: Bench): Promise<void> {
  const { stage, form, stopList, findings, say, options } = bench
  const { messages, time } = form.auditLive
  const ratePerSecond = options.rate ?? form.auditLive.ratePerSecond
  const customers = ONE_RECIPIENT.customerLast
  const shares = [{ customerFirst: 1, customers, perCustomer: Math.round(messages / customers) }]
  const fill = () => fillDone(stage.servers, shares, HISTORY_MS, say)
  await withCrew({ stage, stopList, env: options.env, customers, fill }, async (crew) => {
    const load = { ...ONE_RECIPIENT, ...time, ratePerSecond }
    const shared = { load, settings: options.env, onProgress: say }
    say(`${ratePerSecond} requests/s without the audit`)
    const alone = await runLoad(crew, { ...shared, name: 'alone', title: `${messages} messages, no audit` })
    say('the same while the audit runs')
    const { result: beside, isClean } = await whileAuditing(crew.databaseUrl, say, () =>
      runLoad(crew, {
        ...{ ...shared, name: 'audited', title: `${messages} messages, the audit beside the load` },
      }),
    )
    say('the whole audit at full speed, now that the load is over')
    const whole = await auditWhole(crew.databaseUrl, say)
    const audit = { ...whole, isClean: whole.isClean && isClean }
    findings.runs.push(alone, { ...beside, audit })
    findings.auditLive = {
      ...{ messages, aloneRate: carriedOfOffered(alone), besideRate: carriedOfOffered(beside) },
      ...audit,
    }
  })
}

/** Audits at the rate for a live system for as long as the work lasts; repeatedly when there are few messages. */
async function whileAuditing<T>(
  databaseUrl: string,
  say: (line: string) => void,
  work: () => Promise<T>,
): Promise<{ result: T; isClean: boolean }> {
  const ending = new AbortController()
  const { signal } = ending
  const auditing = (async () => {
    while (!signal.aborted) {
      const isClean = await runAudit(databaseUrl, say, { isLive: true, signal })
      if (!isClean && !signal.aborted) return false
    }
    return true
  })()
  // If both the load and the audit failed, the load's error is reported.
  const ended = auditing.catch(() => {})
  try {
    const result = await work()
    ending.abort()
    return { result, isClean: await auditing }
  } finally {
    ending.abort()
    await ended
  }
}

interface Audited {
  isClean: boolean
  /** The output of the last audit. */
  lines: string[]
  /** How long it took. */
  seconds: number
  peakRssBytes: number
  cpuSeconds: number
}

async function auditWhole(databaseUrl: string, say: (line: string) => void): Promise<Audited> {
  const startedAtMs = performance.now()
  const lines: string[] = []
  let pid: number | undefined
  let peakRssBytes = 0
  let stat: ProcessStat | undefined
  const look = () => {
    const seen = pid === undefined ? undefined : readProcessStat(pid)
    // An exited process that was not yet waited for shows no memory.
    if (seen && seen.rssBytes > 0) stat = seen
    peakRssBytes = Math.max(peakRssBytes, stat?.rssBytes ?? 0)
  }
  const timer = setInterval(look, LOOK_MS)
  try {
    const onLine = (line: string) => {
      look()
      lines.push(line)
      say(line)
    }
    const onStarted = (started: number) => void (pid = started)
    const isClean = await runAudit(databaseUrl, onLine, { onStarted })
    const seconds = (performance.now() - startedAtMs) / 1_000
    return { isClean, lines, seconds, peakRssBytes, cpuSeconds: (stat?.cpuMicros ?? 0) / 1e6 }
  } finally {
    clearInterval(timer)
  }
}
