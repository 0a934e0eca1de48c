import { setTimeout as pause } from 'node:timers/promises'
import type { Sent } from '../clients/record.ts'
import { sendKeyed } from '../clients/sendKeyed.ts'
import { openRandom } from '../random.ts'
import type { MessageClass } from '../../src/primitives/messageClass.ts'
import { START_TIMEOUT_MS } from '../settleDown.ts'
import type { Started } from '../startWorld.ts'
import { untilHealthy } from '../untilHealthy.ts'
import { describeHandOvers } from './handOvers.ts'
import type { HandOver } from './handOvers.ts'
import { inTurn } from './inTurn.ts'
import type { Scenario } from './scenario.ts'

const MESSAGES = 100_000
const AT_ONCE = 128
const EXPRESS_SHARE = 0.1
const TRIES_MAX = 20
const FIRST_NUMBER = 2_000_000_000
/** Time to send them all, one by one, and to restart everything before their time. */
const AHEAD_MS = 360_000
const RESTART_MS = 60_000
const SAY_EVERY = 10_000

/** Schedules 100,000 messages for one time and restarts everything before it. */
export const scheduleForOneTime: Scenario = async (started, { holders, seed, say }) => {
  const { world, record } = started
  const random = openRandom(seed)
  const sendAtMs = Date.now() + AHEAD_MS
  say(`scheduling ${MESSAGES} messages for ${new Date(sendAtMs).toISOString()}`)
  const sent = Array.from({ length: MESSAGES }, (_, number): Sent => {
    const type = random.share() < EXPRESS_SHARE ? 'express' : 'normal'
    const { customer } = random.pick(holders)
    return {
      ...{ mark: `schedule-${number}`, customer, type, recipients: 1, firstNumber: FIRST_NUMBER + number },
      ...{ answered: 'unknown', label: '', sendAtMs },
    }
  })
  let accepted = 0
  const holderOf = new Map(holders.map((holder) => [holder.customer, holder]))
  await inTurn(sent, AT_ONCE, async (each) => {
    const holder = holderOf.get(each.customer)
    if (!holder) throw new Error(`customer ${each.customer} has no key`)
    const turn = { apiUrls: world.processes.apiUrls, holder, random, record }
    await sendKeyed(turn, each, { words: 'at its time', triesMax: TRIES_MAX, isSteady: true })
    if (++accepted % SAY_EVERY === 0) say(`${accepted} are scheduled`)
  })
  const leftMs = sendAtMs - Date.now()
  if (leftMs < RESTART_MS)
    throw new Error(`sending took too long: ${Math.round(leftMs / 1_000)} s are left before the time`)
  say('restarting everything')
  await restartAll(started)
  const restartedMs = sendAtMs - Date.now()
  say(`all is there again ${Math.round(restartedMs / 1_000)} s before the time`)
  await pause(Math.max(0, restartedMs))
  return async () => describeHandOvers(await readHandOvers(started, sent), restartedMs)
}

/** `kill -9` of every process, the database and the broker, whose disk is wiped. */
async function restartAll({ world, prober, tally }: Started): Promise<void> {
  const { processes, stage } = world
  const { database, broker } = stage.servers
  await Promise.all([...processes.all.map((each) => each.kill()), database.kill(), broker.kill()])
  await broker.wipe()
  await Promise.all([database.start(), broker.start()])
  for (const kind of ['every process killed', 'MySQL killed', 'RabbitMQ disk wiped']) tally.noteFault(kind)
  if (!(await untilHealthy(world, prober, START_TIMEOUT_MS)))
    tally.noteProblem('not everything was healthy after the restart')
}

/** By the operators' record, of the messages by the identifiers that their clients were told. */
async function readHandOvers({ world }: Started, sent: readonly Sent[]): Promise<HandOver[]> {
  const atMs = new Map<string, number>()
  for (const { admin } of world.stage.operators) {
    for await (const { reference, firstTakenAt } of admin.submissions()) {
      const [identifier = ''] = reference.split(':')
      if (firstTakenAt !== null)
        atMs.set(identifier, Math.min(atMs.get(identifier) ?? Infinity, firstTakenAt))
    }
  }
  return sent.map(({ mark, type, smsIdentifier = '', sendAtMs = 0 }) => {
    const takenAtMs = atMs.get(smsIdentifier)
    return { mark, type: type satisfies MessageClass, afterMs: takenAtMs && takenAtMs - sendAtMs }
  })
}
