// npm run bench:smpp: PDUs a second that the SMPP codec and one session process alone, without database and broker.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { answerHelp } from '../../../src/platform/answerHelp.ts'
import { createPduReader, decodePdu, encodePdu, STATUS } from '../../../src/operators/smpp/codec/index.ts'
import { smppOptionsSchema } from '../../../src/operators/smpp/config.ts'
import { dial } from '../../../src/operators/smpp/session/dial.ts'
import { Session } from '../../../src/operators/smpp/session/session.ts'

answerHelp(`usage: npm run bench:smpp
Measures the PDUs a second that the SMPP codec and one session process, without database and broker (20 s).`)
const WARM_UP_MS = 1_000
const MEASURED_MS = 3_000
/** Between two looks at the clock. */
const PDUS_PER_LOOK = 1_000
const WINDOWS = [1, 8, 128]

const SUBMISSION = {
  command: 'submit_sm',
  sourceAddrTon: 5,
  sourceAddr: 'Example',
  destAddrTon: 1,
  destAddrNpi: 1,
  destinationAddr: '989121234567',
  registeredDelivery: 1,
  shortMessage: Buffer.from('Your code is 123456. It is valid for two minutes.'),
} as const

/** A busy machine gives a process less than a second of its processors in a second: then the second figure tells more. */
interface Rate {
  perSecond: number
  perCpuSecond: number
}

/** @returns the rate of what `count` counts while `run` runs. */
async function measure(count: () => number, run: () => unknown): Promise<Rate> {
  const [startMs, cpu, before] = [performance.now(), process.cpuUsage(), count()]
  await run()
  const { user, system } = process.cpuUsage(cpu)
  const counted = count() - before
  return {
    perSecond: (counted * 1_000) / (performance.now() - startMs),
    perCpuSecond: (counted * 1_000_000) / (user + system),
  }
}

async function rateOf(work: () => void): Promise<Rate> {
  let pdus = 0
  const workFor = (limitMs: number) => {
    const startMs = performance.now()
    for (; performance.now() - startMs < limitMs; pdus += PDUS_PER_LOOK)
      for (let at = 0; at < PDUS_PER_LOOK; at++) work()
  }
  workFor(WARM_UP_MS)
  return await measure(
    () => pdus,
    () => workFor(MEASURED_MS),
  )
}

/** Keeps the window full. Each submission is two PDUs: it and its response. */
async function rateWithWindow(url: string, window: number): Promise<Rate> {
  const { timers, ...credentials } = smppOptionsSchema.parse({ url, system_id: 'bench' })
  const bound = Promise.withResolvers<void>()
  let answered = 0
  let isOver = false
  const fill = () => {
    while (!isOver && session.free() > 0) session.submit(SUBMISSION, () => answered++)
  }
  const session = new Session({
    ...{ kind: 'transceiver', credentials, window, timers },
    dial: () => dial(url),
    receive: () => Promise.resolve(STATUS.ROK),
    onBound: bound.resolve,
    onRoom: fill,
    onOddity: () => {},
  })
  await bound.promise
  fill()
  await pause(WARM_UP_MS)
  const rate = await measure(
    () => 2 * answered,
    () => pause(MEASURED_MS),
  )
  isOver = true
  await session.close()
  return rate
}

function print(what: string, { perSecond, perCpuSecond }: Rate): void {
  const [wall, cpu] = [perSecond, perCpuSecond].map((rate) => Math.round(rate).toLocaleString('en'))
  console.log(`${what.padEnd(34)} ${wall?.padStart(11)} a second ${cpu?.padStart(11)} a second of CPU`)
}

const frame = encodePdu({ ...SUBMISSION, sequence: 1 })
const reader = createPduReader()
print('PDUs encoded', await rateOf(() => encodePdu({ ...SUBMISSION, sequence: 1 })))
print('PDUs cut out and decoded', await rateOf(() => reader.push(frame).frames.map(decodePdu)))

const peer = fork(new URL('./peer.ts', import.meta.url), { execArgv: process.execArgv })
try {
  const [port] = (await once(peer, 'message')) as [number]
  for (const window of WINDOWS) {
    print(`PDUs of a session, window ${window}`, await rateWithWindow(`smpp://127.0.0.1:${port}`, window))
  }
} finally {
  peer.disconnect()
}
