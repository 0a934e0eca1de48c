import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CHECKOUT } from '../../dev/stack/folders.ts'
import { startSimulator } from '../../dev/stack/programs.ts'
import type { Program } from '../../dev/stack/programs.ts'
import { SupervisedProcess } from '../../chaos/stage/supervisedProcess.ts'
import type { PreloadedFaults, Death } from '../../chaos/stage/supervisedProcess.ts'
import { send, topUp } from '../support/api.ts'
import { startEngineProcess } from '../support/engineProcess.ts'
import { eventually } from '../support/eventually.ts'
import { freshStack, logFolder } from '../support/servers.ts'
import { freshSimulators, sharedSimulators } from '../support/simulators.ts'
import type { Stack } from '../support/servers.ts'

/** Not long: nothing of this is about leases. */
const FROZEN_MS = 200

describe('a supervised process', () => {
  let supervised: SupervisedProcess
  let deaths: Death[]
  let freezes: Death[]
  let faults: string[]
  let preloads: PreloadedFaults[]
  let starts: PreloadedFaults[]

  const fill = (start?: (preloaded: PreloadedFaults) => Promise<Program>) => {
    supervised = new SupervisedProcess({
      ...{ name: 'api-1', role: 'api', frozenMs: FROZEN_MS },
      start: async (preloaded) => {
        starts.push(preloaded)
        if (start) return start(preloaded)
        return startSimulator({ name: 'supervised', logFile: join(await logFolder(), 'supervised.log') })
      },
      preloaded: () => preloads.shift() ?? {},
      onDeath: (death) => deaths.push(death),
      onFreeze: (death) => freezes.push(death),
      onFault: (line) => faults.push(line),
    })
  }
  beforeEach(() => {
    deaths = []
    freezes = []
    faults = []
    preloads = []
    starts = []
  })
  afterEach(() => supervised.close())

  /** The process after this one. */
  const present = async (before?: Program): Promise<Program> => {
    await eventually(
      'a process is there',
      () => supervised.program !== undefined && supervised.program !== before,
    )
    return supervised.program as Program
  }
  const stateOf = ({ pid }: Program) =>
    /^State:\s+(\S)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]

  it('is replaced in order, which is neither a death nor a fault', async () => {
    fill()
    const first = await present()
    await supervised.replace()
    await present(first)
    assert.deepEqual([first.exit()?.code, deaths, faults], [0, [], []])
  })

  it('notes that it was killed on purpose, and is replaced', async () => {
    fill()
    const first = await present()
    assert.equal(await supervised.kill(), true)
    const second = await present(first)
    assert.notEqual(second.pid, first.pid)
    assert.deepEqual([deaths, faults], [[{ role: 'api' }], []])
  })

  it('calls it a fault when it ends without having been killed by the run', async () => {
    fill()
    const first = await present()
    await first.kill()
    const second = await present(first)
    await second.stop()
    await present(second)
    assert.match(faults[0] ?? '', /^api-1 ended by SIGKILL; its log ends: .*"listening"/)
    assert.match(faults[1] ?? '', /^api-1 ended with exit code 0; its log ends: .*"listening"/)
    assert.equal(faults.length, 2)
    assert.deepEqual(deaths, [])
  })

  it('calls it a fault when it cannot be started, and tries again', async () => {
    let times = 0
    fill(async () => {
      if (times++ === 0) throw new Error('no room')
      return startSimulator({ name: 'supervised', logFile: join(await logFolder(), 'supervised.log') })
    })
    await present()
    assert.deepEqual(faults, ['api-1 does not start: Error: no room'])
  })

  it('freezes the process, once, until it is let go', async () => {
    fill()
    const frozen = await present()
    const thaw = supervised.freeze()
    await eventually('it is stopped', () => stateOf(frozen) === 'T')
    assert.equal(supervised.freeze(), undefined)
    thaw?.()
    await eventually('it goes on', () => stateOf(frozen) !== 'T')
    assert.deepEqual([deaths, faults, supervised.program], [[], [], frozen])
  })

  it('is renewed in order, which is no fault, and the next process has no preloaded faults', async () => {
    preloads = [{ clockOffsetMs: 5 }, { clockOffsetMs: 6 }]
    fill()
    const first = await present()
    await supervised.renew()
    await present(first)
    assert.deepEqual(starts, [{ clockOffsetMs: 5 }, {}])
    assert.deepEqual([deaths, faults], [[], []])
  })

  describe('whose process meets a step', () => {
    let stack: Stack
    beforeEach(async () => {
      stack = await freshStack()
    })
    afterEach(() => stack.drop())

    const STEP = 'messages.accept committing'
    const meet = async (act: 'kill' | 'freeze') => {
      preloads = [{ step: STEP, times: 1, act }]
      fill(({ step }) =>
        startEngineProcess(stack, {
          role: 'api',
          env: step
            ? {
                NODE_OPTIONS: `--import=${join(CHECKOUT, 'chaos/preload/atStep.ts')}`,
                ...{ CHAOS_STEP: step, CHAOS_TIMES: '1', CHAOS_ACT: act },
              }
            : {},
        }),
      )
      const { url } = await present()
      await topUp(url, 1, 10)
      return send(url, { customer_id: 1, recipients: ['0912001'] })
    }

    describe('and whose operators hang', () => {
      beforeEach(async () => {
        for (const { admin } of await freshSimulators()) await admin.behave({ hangAfterAcceptRate: 1 })
      })
      afterEach(() => freshSimulators())

      const stuck = async () => {
        fill(() => startEngineProcess(stack, { env: { SHUTDOWN_DEADLINE_SEC: '1' } }))
        const { url } = await present()
        await topUp(url, 1, 10)
        await send(url, { customer_id: 1, recipients: ['0912001'] })
        const [a] = await sharedSimulators()
        await eventually('an operator is asked', async () => (await a.admin.summary()).taken > 0)
      }

      it('notes a death when it is replaced and its deadline passes', async () => {
        await stuck()
        await supervised.replace()
        await eventually('it is noted', () => deaths.length + faults.length > 0)
        assert.deepEqual([deaths, faults], [[{ role: 'api' }], []])
      })

      it('calls the same a fault when nothing is broken any more', async () => {
        await stuck()
        await supervised.renew()
        await eventually('it is noted', () => deaths.length + faults.length > 0)
        assert.match(faults[0] ?? '', /^api-1 ended with exit code 1; .*not everything could be closed/)
        assert.deepEqual(deaths, [])
      })
    })

    it('notes that it died there', async () => {
      await assert.rejects(meet('kill'))
      await eventually('it is noted', () => deaths.length === 1)
      assert.deepEqual([deaths, freezes, faults], [[{ role: 'api', step: STEP }], [], []])
    })

    it('lets it go on after a while when it froze there, and its client gets the answer', async () => {
      const { cost } = await meet('freeze')
      assert.equal(cost, 1)
      assert.deepEqual([deaths, freezes, faults], [[], [{ role: 'api', step: STEP }], []])
    })
  })
})
