import { runAudit } from '../../../dev/stack/runAudit.ts'
import type { Bench } from '../bench.ts'
import { runLoad } from '../measure/runLoad.ts'
import { messagesPerSecond } from '../measure/sustained.ts'
import { fillDone } from '../stage/fillDone.ts'
import { readProcessStat } from '../stage/processStat.ts'
import type { ProcessStat } from '../stage/processStat.ts'
import { withCrew } from '../stage/withCrew.ts'
import { ONE_RECIPIENT } from './oneRecipient.ts'

/** The figures of a run are read by the second of its rows: a history of a year would have as many as it has rows. */
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
    const auditing = startAuditing(crew.databaseUrl, say)
    const beside = await runLoad(crew, {
      ...{ ...shared, name: 'audited', title: `${messages} messages, the audit beside the load` },
    }).finally(() => auditing.stopWhenDone())
    const audit = await auditing.ended
    findings.runs.push(alone, { ...beside, audit })
    findings.auditLive = {
      ...{ messages, aloneRate: messagesPerSecond(alone), besideRate: messagesPerSecond(beside) },
      ...audit,
    }
  })
}

interface Audited {
  isClean: boolean
  /** What the last audit said. */
  lines: string[]
  /** How long it took. */
  seconds: number
  peakRssBytes: number
  cpuSeconds: number
}

/** Audits for as long as the load lasts: over few messages several times, the last one to its end. */
function startAuditing(
  databaseUrl: string,
  say: (line: string) => void,
): { ended: Promise<Audited>; stopWhenDone: () => void } {
  let isWanted = true
  const run = async () => {
    let last = await auditOnce(databaseUrl, say)
    while (isWanted && last.isClean) last = await auditOnce(databaseUrl, say)
    return last
  }
  const ended = run()
  // Waited for when the load is over; a load that failed is what is told then.
  ended.catch(() => {})
  return { ended, stopWhenDone: () => void (isWanted = false) }
}

async function auditOnce(databaseUrl: string, say: (line: string) => void): Promise<Audited> {
  const startedAtMs = performance.now()
  const lines: string[] = []
  let pid: number | undefined
  let peakRssBytes = 0
  let stat: ProcessStat | undefined
  const look = () => {
    const seen = pid === undefined ? undefined : readProcessStat(pid)
    // What has ended and was not waited for yet shows no memory any more.
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
    const isClean = await runAudit(databaseUrl, onLine, { isLive: true, onStarted })
    const seconds = (performance.now() - startedAtMs) / 1_000
    return { isClean, lines, seconds, peakRssBytes, cpuSeconds: (stat?.cpuMicros ?? 0) / 1e6 }
  } finally {
    clearInterval(timer)
  }
}
