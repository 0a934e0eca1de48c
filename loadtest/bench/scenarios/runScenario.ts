import type { RunResult } from '../../result.ts'
import type { Bench } from '../bench.ts'
import { auditTables } from '../measure/auditTables.ts'
import { measureBest } from '../measure/measureBest.ts'
import type { BestOptions } from '../measure/measureBest.ts'
import { withCrew } from '../stage/withCrew.ts'

export interface ScenarioOptions extends BestOptions {
  /** Settings of the engine's processes, besides the command line's. */
  env?: Record<string, string>
}

/** Operators without batches: one call for each message, with more concurrent calls. */
export const ONE_MESSAGE_A_CALL = { OPERATOR_BATCH_MAX: '1', OPERATOR_CONCURRENCY: '64' }

/** Runs a load at its highest sustained rate on fresh tables and processes, and audits the tables. */
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
