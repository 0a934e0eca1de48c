import type { RunResult } from '../../result.ts'
import type { Bench } from '../bench.ts'
import { auditTables } from '../measure/auditTables.ts'
import { measureBest } from '../measure/measureBest.ts'
import type { BestOptions } from '../measure/measureBest.ts'
import { withCrew } from '../stage/withCrew.ts'

export interface ScenarioOptions extends BestOptions {
  /** Of the engine's processes, besides what the command line says. */
  env?: Record<string, string>
}

/** Operators that know no batches: a call for each message, and so many more of them at once. */
export const ONE_MESSAGE_A_CALL = { OPERATOR_BATCH_MAX: '1', OPERATOR_CONCURRENCY: '64' }

/** Fresh tables and processes, the load at its best rate, and the audit of what it left. */
export async function runScenario(bench: Bench, options: ScenarioOptions): Promise<RunResult> {
  const { stage, stopList, findings, say } = bench
  const env = { ...options.env, ...bench.options.env }
  say('starting on fresh tables')
  const run = await withCrew({ stage, stopList, env, customers: options.load.customerLast }, (crew) =>
    measureBest(bench, crew, { ...options, settings: { ...options.settings, ...env } }),
  )
  const audited = { ...run, audit: await auditTables(stage.servers.databaseUrl) }
  say(audited.audit.isClean ? 'audit: clean' : 'audit: NOT CLEAN')
  findings.runs.push(audited)
  return audited
}
