import assert from 'node:assert/strict'
import { runLoad } from '../../../loadtest/bench/measure/runLoad.ts'
import type { Load } from '../../../loadtest/bench/measure/runLoad.ts'
import type { Crew } from '../../../loadtest/bench/stage/crew.ts'
import { startTestEngine } from '../../support/engine.ts'
import type { TestEngine } from '../../support/engine.ts'

describe('a measured run', () => {
  let engine: TestEngine
  before(async () => {
    engine = await startTestEngine()
  })
  after(() => engine.stop())

  it('reports an operator that ended meanwhile to its caller only', async () => {
    const crew: Crew = {
      urlOf: () => engine.url,
      apiUrl: engine.url,
      databaseUrl: engine.stack.databaseUrl,
      processes: () => ({}),
      taken: () => Promise.reject(new Error('the operator is gone')),
      stop: () => Promise.resolve(),
    }
    const load: Load = {
      ...{ ratePerSecond: 5, warmUpMs: 0, durationMs: 2_000, customerLast: 5 },
      ...{ skew: 'uniform' as const, recipientsPerRequest: 1, expressShare: 0 },
    }
    const unhandled: unknown[] = []
    const onUnhandled = (reason: unknown) => void unhandled.push(reason)
    process.on('unhandledRejection', onUnhandled)
    try {
      await assert.rejects(runLoad(crew, { name: 'gone', title: 'gone', load }), /the operator is gone/)
    } finally {
      process.off('unhandledRejection', onUnhandled)
    }
    assert.deepEqual(unhandled, [], 'outside of mocha this ends the process')
  })
})
