import { withTimeout } from '../../src/platform/withTimeout.ts'
import { startGivingKeys } from '../clients/giveKeys.ts'
import { KEY_CUSTOMERS } from '../customers.ts'
import type { ChaosOptions, ScenarioName } from '../options.ts'
import { conclude } from '../conclude.ts'
import { scenarioOf } from '../options.ts'
import type { Stage } from '../stage/stage.ts'
import { startWorld } from '../startWorld.ts'
import type { Ran, RunEvents } from '../startWorld.ts'
import { cancelWhileSent } from './cancelWhileSent.ts'
import type { Scenario } from './scenario.ts'
import { restartInTurn } from './restartInTurn.ts'
import { outliveOutage } from './outliveOutage.ts'
import { scheduleForOneTime } from './scheduleForOneTime.ts'

/** The database has all tables, so that each key takes some milliseconds. */
const KEYS_TIMEOUT_MS = 60_000
const SCENARIOS: Record<ScenarioName, Scenario> = {
  ...{ cancel: cancelWhileSent, schedule: scheduleForOneTime, outage: outliveOutage, restart: restartInTurn },
}

/** One scenario alone on the present program; then the same proof as that of a run with faults. */
export async function runScenario(stage: Stage, options: ChaosOptions, events: RunEvents): Promise<Ran> {
  const { say } = events
  const { only, seed, durationMs } = options
  const name = scenarioOf(options)
  if (!name) throw new Error(`${only} is no scenario`)
  const started = await startWorld(stage, options, events)
  const { world, record, tally } = started
  const keys = startGivingKeys(stage.db, KEY_CUSTOMERS, world.processes.apiUrls)
  await withTimeout(KEYS_TIMEOUT_MS, 'giving each customer a key', keys.given).finally(() => keys.stop())
  const measure = await SCENARIOS[name](started, { holders: keys.holders, seed, durationMs, say })
  const proof = await conclude(started, { holders: keys.holders, eventsOf: new Map(), only, say })
  const measured = await measure()
  return { tally, record, proof, recoveries: [], measured }
}
