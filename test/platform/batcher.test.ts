import assert from 'node:assert/strict'
import { setImmediate as setImmediately } from 'node:timers'
import { mock } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { createBatcher } from '../../src/platform/batcher.ts'
import type { Admission, BatcherSettings } from '../../src/platform/batcher.ts'
import { manualTimers } from '../support/manualTimers.ts'

/** A gathering of numbers that weigh what they are, whose runs end one by one, as the test decides. */
function stepped(options: Partial<BatcherSettings<number, string>> = {}) {
  const runs: number[][] = []
  let finish: ((fault?: Error) => void) | undefined
  const gathering = createBatcher<number, string>({
    weigh: (item) => item,
    batchWeightMax: 10,
    runBatch: (items) => {
      assert.equal(finish, undefined, 'two runs at once')
      runs.push(items)
      return new Promise((resolve, reject) => {
        finish = (fault) => {
          finish = undefined
          if (fault) reject(fault)
          else resolve(items.map((item) => `did ${item}`))
        }
      })
    },
    ...options,
  })
  const answers: string[] = []
  return {
    runs,
    answers,
    waiting: () => gathering.waiting(),
    add: (...items: number[]) => {
      for (const item of items) {
        gathering.add(item).then(
          (result) => answers.push(result),
          (error: unknown) => answers.push(`${item}: ${(error as Error).message}`),
        )
      }
    },
    end: async (fault?: Error) => {
      assert.ok(finish, 'nothing runs')
      finish(fault)
      await setImmediate()
    },
  }
}

/** A gathering whose runs are under way beside each other, and end by their number when the test says so. */
function sideBySide(settings: Omit<BatcherSettings<number, number>, 'runBatch'>) {
  const runs: { items: number[]; end: () => void }[] = []
  const gathering = createBatcher<number, number>({
    ...settings,
    runBatch: (items) => new Promise((resolve) => void runs.push({ items, end: () => resolve(items) })),
  })
  return {
    begun: () => runs.map(({ items }) => items),
    add: (...items: number[]) => items.forEach((item) => void gathering.add(item)),
    end: async (run: number) => {
      runs[run]?.end()
      await setImmediate()
    },
  }
}

describe('gathering work by load', () => {
  it('runs a single item at once, and what arrives meanwhile together', async () => {
    const { runs, answers, add, end } = stepped()
    add(1)
    assert.deepEqual(runs, [[1]])
    add(2, 3)
    assert.equal(runs.length, 1)
    await end()
    assert.deepEqual(runs, [[1], [2, 3]])
    await end()
    add(4)
    await end()
    assert.deepEqual(runs, [[1], [2, 3], [4]])
    assert.deepEqual(answers, ['did 1', 'did 2', 'did 3', 'did 4'])
  })

  it('bounds a run by weight, keeps the order, and lets one that is too heavy run alone', async () => {
    const { runs, add, end, waiting } = stepped()
    add(1, 6, 4, 1, 25, 2)
    assert.equal(waiting(), 38)
    for (let run = 0; run < 5; run++) await end()
    assert.deepEqual(runs, [[1], [6, 4], [1], [25], [2]])
    assert.equal(waiting(), 0)
  })

  it('bounds a run by its items as well', async () => {
    const { runs, add, end } = stepped({ batchItemsMax: 2 })
    add(1)
    add(1, 1, 1)
    await end()
    await end()
    assert.deepEqual(runs, [[1], [1, 1], [1]])
  })

  it('lets lighter items pass heavier ones for as long as their weight says, and no longer', async () => {
    let timeMs = 0
    const clock = mock.method(performance, 'now', () => timeMs)
    try {
      const { runs, add, end } = stepped({ yieldMs: 10 })
      add(1)
      add(9, 8)
      timeMs = 59
      add(2)
      await end()
      timeMs = 89
      add(1)
      await end()
      await end()
      // 8 ranks at 80 and 9 at 90, 2 at 79 and the last one at 99.
      assert.deepEqual(runs, [[1], [2, 8], [9, 1]])
    } finally {
      clock.mock.restore()
    }
  })

  it('takes together what is added in one turn of the event loop, when it is told to begin after that', async () => {
    const { runs, add, end } = stepped({ begin: setImmediately })
    add(1)
    await Promise.resolve()
    add(2)
    assert.deepEqual(runs, [])
    await setImmediate()
    assert.deepEqual(runs, [[1, 2]])
    add(3)
    await end()
    await end()
    assert.deepEqual(runs, [[1, 2], [3]])
  })

  it('tells each of a run what it failed with, and goes on', async () => {
    const { answers, add, end } = stepped()
    add(1)
    await end()
    add(2)
    add(3, 4)
    await end()
    await end(new Error('away'))
    add(5)
    await end()
    assert.deepEqual(answers, ['did 1', 'did 2', '3: away', '4: away', 'did 5'])
  })

  it('finds the one whose fault it is by halves, in order, and spares its neighbours', async () => {
    const runs: number[][] = []
    const gathering = createBatcher<number, string>({
      weigh: () => 1,
      batchWeightMax: 100,
      mayBeItemFault: (error) => (error as Error).message === 'poison',
      runBatch: async (items) => {
        await setImmediate()
        runs.push(items)
        if (items.includes(13)) throw new Error('poison')
        return items.map(String)
      },
    })
    const items = [1, 11, 12, 13, 14, 15]
    const ends = await Promise.allSettled(items.map((item) => gathering.add(item)))
    assert.deepEqual(
      ends.map((end) => (end.status === 'fulfilled' ? end.value : String(end.reason))),
      ['1', '11', '12', 'Error: poison', '14', '15'],
    )
    assert.deepEqual(runs, [[1], [11, 12, 13, 14, 15], [11, 12, 13], [11, 12], [13], [14, 15]])
  })

  it('takes a run that forgot one of its items for failed', async () => {
    const gathering = createBatcher<number, number>({
      weigh: () => 1,
      batchWeightMax: 9,
      runBatch: () => Promise.resolve([]),
    })
    await assert.rejects(gathering.add(1), /another number of results/)
  })
})

describe('gathering work in two runs at once', () => {
  const wide = () => sideBySide({ weigh: (item) => item, batchWeightMax: 10, maxConcurrency: 2 })

  it('begins the other when a full one waits, and not before', async () => {
    const { begun, add, end } = wide()
    add(1, 4, 5)
    assert.deepEqual(begun(), [[1]])
    add(1)
    assert.deepEqual(begun(), [[1], [4, 5, 1]])
    add(6, 7, 8)
    assert.equal(begun().length, 2)
    await end(1)
    assert.deepEqual(begun().slice(2), [[6]])
    await end(0)
    assert.deepEqual(begun().slice(3), [[7]])
    await end(2)
    assert.equal(begun().length, 4, 'what is left is not a full one')
    await end(3)
    assert.deepEqual(begun().slice(4), [[8]])
  })
})

describe('gathering work of several keys', () => {
  const byTens = () =>
    sideBySide({
      weigh: () => 1,
      batchWeightMax: 2,
      maxConcurrency: 2,
      keyOf: (item) => Math.floor(item / 10),
    })

  it('runs different ones side by side and none of them twice at once, each in its order', async () => {
    const { begun, add, end } = byTens()
    add(11, 12, 21, 13, 14, 22)
    assert.deepEqual(begun(), [[11], [21]])
    await end(1)
    assert.deepEqual(begun(), [[11], [21], [22]])
    await end(2)
    assert.equal(begun().length, 3)
    add(31)
    assert.deepEqual(begun()[3], [31])
    await end(0)
    assert.deepEqual(begun()[4], [12, 13])
    await end(4)
    assert.deepEqual(begun()[5], [14])
  })

  it('begins no more at once than it may, and then the one that has waited longest', async () => {
    const { begun, add, end } = byTens()
    add(11, 21, 31, 12, 41)
    assert.deepEqual(begun(), [[11], [21]])
    await end(0)
    assert.deepEqual(begun()[2], [31])
    await end(2)
    assert.deepEqual(begun()[3], [12])
  })
})

describe('a result that comes from elsewhere', () => {
  it('does not keep the next run waiting', async () => {
    const later = Promise.withResolvers<string>()
    const gathering = createBatcher<number, string>({
      weigh: () => 1,
      batchWeightMax: 1,
      runBatch: ([item]) => Promise.resolve([item === 1 ? later.promise : 'at once']),
    })
    const first = gathering.add(1)
    assert.equal(await gathering.add(2), 'at once')
    later.resolve('later')
    assert.equal(await first, 'later')
  })
})

describe('who may wait for a run', () => {
  const gone = new Set<number>()
  function bounded(more: Partial<Admission<number>> = {}) {
    let nowMs = 0
    const timers = manualTimers()
    const steps = stepped({
      admission: {
        waitingWeightMax: 5,
        waitingItemsMax: 4,
        waitMaxMs: 2_000,
        isGone: (item) => gone.has(item),
        refuse: (why) => new Error(why),
        nowMs: () => nowMs,
        after: timers.after,
        ...more,
      },
    })
    return { ...steps, timers, setClock: (ms: number) => (nowMs = ms) }
  }
  afterEach(() => gone.clear())

  it('refuses at once what would make too much wait, and takes more when there is room', async () => {
    const { answers, add, end, runs } = bounded()
    add(9)
    add(3, 2, 1)
    await setImmediate()
    assert.deepEqual(answers, ['1: full'])
    await end()
    add(4)
    await end()
    await end()
    assert.deepEqual(runs, [[9], [3, 2], [4]])
  })

  it('refuses at once what would make too many wait, however little they weigh', async () => {
    const { answers, add } = bounded()
    add(9)
    add(0, 0, 0, 0, 0)
    await setImmediate()
    assert.deepEqual(answers, ['0: full'])
  })

  it('gives no owner more than half, and leaves the rest to others', async () => {
    const isOdd = (item: number) => item % 2 === 1
    const { answers, add, end } = bounded({ ownerOf: isOdd })
    add(9)
    add(1, 1, 1, 2)
    await setImmediate()
    assert.deepEqual(answers, ['1: share'])
    await end()
    add(1, 1)
    await end()
    await end()
    assert.deepEqual(answers, ['1: share', 'did 9', 'did 1', 'did 1', 'did 2', 'did 1', 'did 1'])
  })

  it('lets an owner with nothing waiting add an item heavier than its share', async () => {
    const { answers, add } = bounded({ ownerOf: (item) => item })
    add(9)
    add(1, 4, 4)
    await setImmediate()
    assert.deepEqual(answers, ['4: full'])
  })

  it('lets one wait that is heavier than the whole queue, when it is alone', async () => {
    const { runs, add, end } = bounded()
    add(1)
    add(8)
    await end()
    assert.deepEqual(runs, [[1], [8]])
  })

  it('leaves out those whose caller has gone, before anything was done for them', async () => {
    const { answers, runs, add, end } = bounded()
    add(1)
    add(2, 3)
    gone.add(2)
    await end()
    await end()
    assert.deepEqual(runs, [[1], [3]])
    assert.deepEqual(answers, ['did 1', '2: gone', 'did 3'])
  })

  it('refuses those that waited too long while a run hangs, and only those', async () => {
    const { answers, runs, add, end, timers, setClock } = bounded()
    add(1)
    add(2)
    setClock(500)
    add(3)
    setClock(2_000)
    timers.fire()
    await setImmediate()
    assert.deepEqual(answers, ['2: late'])
    await end()
    await end()
    assert.deepEqual(runs, [[1], [3]])
  })

  it('sets no timer for a caller that does not wait', () => {
    const { add, timers } = bounded()
    add(1)
    assert.deepEqual(timers.waits(), [])
  })
})
