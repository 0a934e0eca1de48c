import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { loadavg } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { withTimeout } from '../../src/platform/withTimeout.ts'
import { migrateDatabase } from '../../dev/stack/programs.ts'
import { startGivingKeys } from '../clients/giveKeys.ts'
import { conclude } from '../conclude.ts'
import { KEY_CUSTOMERS } from '../customers.ts'
import type { Proof } from '../proof/prove.ts'
import { equip } from '../stage/stage.ts'
import { startWorld } from '../startWorld.ts'
import { brokerGround } from './brokerGround.ts'
import { databaseGround } from './databaseGround.ts'
import { openMeter } from './meter.ts'
import { offerSteadily } from './offerSteadily.ts'
import type { FailoverOptions, ScenarioName } from './options.ts'
import type { Ground, GroundOptions, Row } from './scenario.ts'
import { startBroker, startDatabase } from './singleServers.ts'
import { measureShares } from './shares.ts'
import type { Share } from './shares.ts'

/** What a scenario came to. */
export interface Result {
  name: ScenarioName
  servers: string
  rows: Row[]
  shares: Share[]
  answers: Record<string, number>
  leftOut: number
  /** What else the machine does decides how fast everything is: the load average before each step. */
  loadAverages: number[]
  problems: string[]
  proof: Proof
}

const GROUNDS: Record<ScenarioName, (options: GroundOptions) => Promise<Ground>> = {
  database: databaseGround,
  broker: brokerGround,
  shares: plainGround,
}

/** Retries that outlast every outage here, and validities to match. */
const SETTINGS_OF = 'outage'
const PASSWORD_BYTES = 16
/** Servers that replicate take their time beside each other on two cores. */
const READY_WITHIN_MS = 240_000
const KEYS_TIMEOUT_MS = 240_000
/** Until a load is even, and before the next fault. */
const STEADY_MS = 10_000

/** Two processes of each role under a steady load, one fault after the other; then the proof of a chaos run. */
export async function runScenario(
  name: ScenarioName,
  { rate, seed }: FailoverOptions,
  ground: GroundOptions,
): Promise<Result> {
  const { folder, stopList, say } = ground
  await rm(folder, { recursive: true, force: true })
  const { servers, databaseUrl, links, steps } = await GROUNDS[name](ground)
  await migrateDatabase(databaseUrl)
  const stage = { ...(await equip(folder, stopList, databaseUrl)), ...links, oldCheckout: undefined }
  const onProcesses = (processes: { close(): Promise<void> }) => stopList.add(() => processes.close())
  const started = await startWorld(
    stage,
    { seed, only: SETTINGS_OF, readyWithinMs: READY_WITHIN_MS },
    { onProcesses, say },
  )
  const { record, tally, world } = started
  const { apiUrls } = world.processes
  const keys = startGivingKeys(stage.db, KEY_CUSTOMERS, apiUrls)
  await withTimeout(KEYS_TIMEOUT_MS, 'giving each customer a key', keys.given).finally(() => keys.stop())
  const { holders } = keys
  const load = offerSteadily({ apiUrls, holders, record, seed, ratePerSecond: rate })
  const meter = openMeter(stage, load, rate)
  stopList.add(() => meter.stop())
  const rows: Row[] = []
  const loadAverages: number[] = []
  await pause(STEADY_MS)
  for (const { what, run } of steps) {
    loadAverages.push(loadavg()[0] ?? 0)
    say(what)
    rows.push({ what, ...(await run(meter)) })
    await pause(STEADY_MS)
  }
  loadAverages.push(loadavg()[0] ?? 0)
  const shares = name === 'shares' ? await measureShares(world.processes) : []
  await load.stop()
  await meter.stop()
  const proof = await conclude(started, { holders, eventsOf: new Map(), only: SETTINGS_OF, say })
  return {
    ...{ name, servers, rows, shares, proof, problems: tally.problems, leftOut: load.leftOut() },
    loadAverages,
    answers: Object.fromEntries(record.answers),
  }
}

async function plainGround({ folder, stopList, say }: GroundOptions): Promise<Ground> {
  const password = randomBytes(PASSWORD_BYTES).toString('hex')
  const data = `${folder}/data`
  const database = await startDatabase(data, password, say)
  stopList.add(() => database.stop())
  const broker = await startBroker(data, password, say)
  stopList.add(() => broker.stop())
  return {
    servers: `${database.name} ${database.version}, ${broker.name} ${broker.version}`,
    databaseUrl: database.url,
    links: { databaseLink: database, brokerLink: broker },
    steps: [],
  }
}
