// make chaos: real servers, two processes of every role, clients with known money, and everything that can go wrong. Then
// the proof, from the tables, the operators' record and the clients'. See options.ts for what can be said.
import { rm, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { onInterrupt } from '../dev/processes/onInterrupt.ts'
import { createStopList } from '../dev/processes/stopList.ts'
import { killStarted } from '../dev/processes/watchdog.ts'
import { withLock } from '../dev/stack/lock.ts'
import { CHECKOUT } from '../dev/stack/folders.ts'
import { scenarioOf, readOptions } from './options.ts'
import type { ChaosOptions } from './options.ts'
import { run } from './run.ts'
import { runScenario } from './scenarios/runScenario.ts'
import { CHAOS_FOLDER, setStage } from './stage/stage.ts'
import type { Stage } from './stage/stage.ts'
import type { Ran } from './startWorld.ts'
import { describeFindings, describeOutcome } from './table.ts'
import type { Outcome } from './table.ts'

const stopList = createStopList()
const interrupts = onInterrupt(() => stopList.stopAll())

try {
  const options = readOptions(process.argv.slice(2), process.env)
  await withLock(join(CHAOS_FOLDER, 'lock'), () => chaos(options))
} catch (error) {
  if (!interrupts.happened()) await giveUp(error)
}

async function chaos(options: ChaosOptions): Promise<void> {
  const { seed, durationMs } = options
  const startedAtMs = performance.now()
  const folder = join(CHAOS_FOLDER, `seed-${seed}`)
  const say = (line: string) => {
    if (!interrupts.happened()) console.log(`[${clock(performance.now() - startedAtMs)}] ${line}`)
  }
  say(
    scenarioOf(options)
      ? `seed ${seed}: the scenario ${options.only} alone`
      : `seed ${seed}: ${durationMs / 1_000} s of faults, then the rest ends, then one fault at a time`,
  )
  const stage = await setStage(process.env, folder, stopList, {
    upgradeFrom: options.upgradeFrom,
    isUpgraded: !scenarioOf(options),
    onProgress: say,
  })
  const place = relative(CHECKOUT, folder)
  const ran = await (scenarioOf(options) ? runScenario : run)(stage, options, {
    onProcesses: (processes) => stopList.add(() => processes.close()),
    say,
  }).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error)
    throw new Error(`${why}; with seed ${seed}; logs and the database's data in ${place}`, { cause: error })
  })
  await stopList.stopAll()
  const outcome = outcomeOf(ran, stage, options, (performance.now() - startedAtMs) / 1_000)
  const described = describeOutcome(outcome)
  await writeFile(join(folder, 'result.json'), JSON.stringify(outcome, null, 2))
  await writeFile(join(folder, 'result.md'), `${described.join('\n')}\n`)
  console.log(`\n${described.join('\n')}\n`)
  const wrong = describeFindings(outcome)
  for (const line of wrong) console.log(line)
  if (wrong.length === 0 && !options.keeps) await rm(join(folder, 'data'), { recursive: true, force: true })
  console.log(
    wrong.length === 0
      ? `chaos: nothing lost, nothing duplicated without a mark; logs and figures in ${place}`
      : `chaos: findings with seed ${seed}: ${wrong.length}; logs and the database's data in ${place}`,
  )
  process.exitCode = wrong.length > 0 ? 1 : 0
}

function outcomeOf(
  ran: Ran,
  { servers, oldCheckout }: Stage,
  options: ChaosOptions,
  seconds: number,
): Outcome {
  const { tally, record, proof, recoveries, measured } = ran
  const only = options.only ? ` ONLY=${options.only}` : ''
  const from = options.upgradeFrom ? ` UPGRADE_FROM=${options.upgradeFrom}` : ''
  const having = (wanted: string) => record.sent.filter(({ answered }) => answered === wanted).length
  return {
    ...{ options, seconds, proof, recoveries, problems: tally.problems, ...(measured && { measured }) },
    command: scenarioOf(options)
      ? `make chaos SEED=${options.seed}${only}`
      : `make chaos SEED=${options.seed} DURATION=${options.durationMs / 1_000}s INTENSITY=${options.intensity}${only}${from}`,
    upgradedFrom: oldCheckout?.name,
    servers: [servers.database, servers.broker].map(({ name, version }) => `${name} ${version}`).join(', '),
    faults: Object.fromEntries(tally.faults),
    kills: Object.fromEntries(tally.kills),
    answers: Object.fromEntries(record.answers),
    requests: {
      sent: record.sent.length,
      accepted: having('accepted'),
      refused: having('refused'),
      unknown: having('unknown'),
    },
  }
}

function clock(ms: number): string {
  const seconds = Math.floor(ms / 1_000)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

async function giveUp(error: unknown): Promise<void> {
  await stopList.stopAll().catch((fault: unknown) => console.error(fault))
  await killStarted()
  console.error(`chaos: ${error instanceof Error ? error.message : String(error)}`)
  process.exit(1)
}
