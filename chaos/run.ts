import { chaosRun } from './chaosRun.ts'
import { startGivingKeys } from './clients/giveKeys.ts'
import { offer } from './clients/offer.ts'
import type { OfferedLoad } from './clients/offer.ts'
import { offerKeyed } from './clients/offerKeyed.ts'
import {
  CUSTOMERS,
  KEY_CUSTOMERS,
  SPEND_PER_DAY_OF,
  TARIFF_CUSTOMERS,
  TEST_KEY_CUSTOMERS,
} from './customers.ts'
import { conclude } from './conclude.ts'
import { databaseNowMs } from '../src/platform/db/index.ts'
import { recountAfterUpgrade } from './drainReports.ts'
import { openEvents } from './endpoints/switchOnEvents.ts'
import { FAULTS } from './faults/catalogue.ts'
import { planFaults } from './faults/plan.ts'
import type { ChaosOptions } from './options.ts'
import { recoverFromEach } from './recovery.ts'
import { settleDown } from './settleDown.ts'
import type { Stage } from './stage/stage.ts'
import { startWorld } from './startWorld.ts'
import type { Ran, RunEvents } from './startWorld.ts'
import { upgrade } from './upgrade.ts'

/** While one fault is tried alone: enough that it meets messages. */
const CALM_CLIENTS = 4
const CALM_KEY_CLIENTS = 200

/** Offers load, lets faults overlap and end, then tries each fault alone; and proves. */
export async function run(stage: Stage, options: ChaosOptions, runEvents: RunEvents): Promise<Ran> {
  const { seed, durationMs, intensity, isWhole, only } = options
  const { say } = runEvents
  const started = await startWorld(stage, options, runEvents)
  const { world, prober, record, tally } = started
  const { processes } = world
  const { apiUrls } = processes
  const withKeys = [...KEY_CUSTOMERS, ...SPEND_PER_DAY_OF.keys(), ...TARIFF_CUSTOMERS]
  const keys = startGivingKeys(stage.db, withKeys, apiUrls)
  const events = openEvents({ apiUrls, holders: keys.holders, endpoints: stage.endpoints, record })
  const offerBoth = (clients?: number, keyClients?: number): OfferedLoad => {
    const loads = [
      offer({ apiUrls, customers: CUSTOMERS, seed, record, ...(clients && { clients }) }),
      offerKeyed({
        apiUrls,
        ...{ holders: keys.holders, eventsOf: events.eventsOf },
        seed,
        record,
        ...(keyClients && { clients: keyClients }),
      }),
    ]
    return { stop: async () => void (await Promise.all(loads.map((load) => load.stop()))) }
  }

  const offering = offerBoth()
  let updatedAtMs = 0
  await Promise.all([
    chaosRun(world, only === 'upgrade' ? [] : planFaults(seed, durationMs, intensity), tally, say),
    upgrade(processes, stage.servers.databaseUrl, { durationMs, tally, say }).then((isOver) => {
      if (!isOver) return
      updatedAtMs = databaseNowMs(stage.db)
      void keys.giveTestKeys(TEST_KEY_CUSTOMERS)
      void keys.giveSendingPlans()
      events.switchOn()
      processes.meetEvents()
    }),
  ])
  await offering.stop()
  say('the faults are over')
  await settleDown(world, prober, tally, say)
  await recountAfterUpgrade(stage.db, updatedAtMs)
  // Processes that are still to die at a step are replaced; one that hung would have shown by now.
  await Promise.all(processes.all.map((each) => each.renew()))

  const alone = FAULTS.filter(({ isSample = false }) => only === undefined && (isWhole || isSample))
  const calm = offerBoth(CALM_CLIENTS, CALM_KEY_CLIENTS)
  const recoveries = await recoverFromEach(world, alone, prober, { tally, seed, say })
  await Promise.all([calm.stop(), keys.stop(), events.stop()])
  const proof = await conclude(started, { holders: keys.holders, eventsOf: events.eventsOf, only, say })
  return { tally, record, proof, recoveries }
}
