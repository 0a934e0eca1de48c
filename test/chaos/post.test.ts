import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CHECKOUT } from '../../dev/stack/folders.ts'
import { startSimulator } from '../../dev/stack/programs.ts'
import type { Program } from '../../dev/stack/programs.ts'
import { Post } from '../../chaos/stage/post.ts'
import type { Burden, Death } from '../../chaos/stage/post.ts'
import { send, topUp } from '../support/api.ts'
import { startEngineProcess } from '../support/engineProcess.ts'
import { eventually } from '../support/eventually.ts'
import { freshStack, logFolder } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'

/** Not long: nothing of this is about leases. */
const FROZEN_MS = 200

describe('a place that is always filled', () => {
  let post: Post
  let deaths: Death[]
  let freezes: Death[]
  let faults: string[]
  let burdens: Burden[]
  let starts: Burden[]

  const fill = (start?: (burden: Burden) => Promise<Program>) => {
    post = new Post({
      ...{ name: 'api-1', role: 'api', frozenMs: FROZEN_MS },
      start: async (burden) => {
        starts.push(burden)
        if (start) return start(burden)
        return startSimulator({ name: 'of-a-post', logFile: join(await logFolder(), 'post.log') })
      },
      burden: () => burdens.shift() ?? {},
      onDeath: (death) => deaths.push(death),
      onFreeze: (death) => freezes.push(death),
      onFault: (line) => faults.push(line),
    })
  }
  beforeEach(() => {
    deaths = []
    freezes = []
    faults = []
    burdens = []
    starts = []
  })
  afterEach(() => post.close())

  /** Who is there after this one. */
  const present = async (before?: Program): Promise<Program> => {
    await eventually('somebody is there', () => post.program !== undefined && post.program !== before)
    return post.program as Program
  }
  const stateOf = ({ pid }: Program) =>
    /^State:\s+(\S)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]

  it('notes who was killed on purpose, and is filled again', async () => {
    fill()
    const first = await present()
    assert.equal(await post.kill(), true)
    const second = await present(first)
    assert.notEqual(second.pid, first.pid)
    assert.deepEqual([deaths, faults], [[{ role: 'api' }], []])
  })

  it('calls it a fault when somebody ends whom nobody killed, by whatever he ends', async () => {
    fill()
    const first = await present()
    await first.kill()
    const second = await present(first)
    await second.stop()
    await present(second)
    assert.deepEqual(faults, ['api-1 ended with SIGKILL', 'api-1 ended with exit code 0'])
    assert.deepEqual(deaths, [])
  })

  it('calls it a fault when nobody can be started, and tries again', async () => {
    let times = 0
    fill(async () => {
      if (times++ === 0) throw new Error('no room')
      return startSimulator({ name: 'of-a-post', logFile: join(await logFolder(), 'post.log') })
    })
    await present()
    assert.deepEqual(faults, ['api-1 does not start: Error: no room'])
  })

  it('freezes who is there, once, until he is let go', async () => {
    fill()
    const frozen = await present()
    const thaw = post.freeze()
    await eventually('it is stopped', () => stateOf(frozen) === 'T')
    assert.equal(post.freeze(), undefined)
    thaw?.()
    await eventually('it goes on', () => stateOf(frozen) !== 'T')
    assert.deepEqual([deaths, faults, post.program], [[], [], frozen])
  })

  it('is renewed in order, which is no fault, and who comes then bears nothing', async () => {
    burdens = [{ clockOffsetMs: 5 }, { clockOffsetMs: 6 }]
    fill()
    const first = await present()
    await post.renew()
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
      burdens = [{ step: STEP, times: 1, act }]
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

    it('notes that it died there', async () => {
      await assert.rejects(meet('kill'))
      await eventually('it is noted', () => deaths.length === 1)
      assert.deepEqual([deaths, freezes, faults], [[{ role: 'api', step: STEP }], [], []])
    })

    it('lets it go on after a while when it froze there, and its client has his answer', async () => {
      const { cost } = await meet('freeze')
      assert.equal(cost, 1)
      assert.deepEqual([deaths, freezes, faults], [[], [{ role: 'api', step: STEP }], []])
    })
  })
})
