import assert from 'node:assert/strict'
import { coresBetween, costsBetween, readUsage } from '../../../loadtest/bench/measure/usage.ts'
import { parseProcessStat, readProcessStat } from '../../../loadtest/bench/stage/processStat.ts'

const units = { ticksPerSecond: 100, pageBytes: 4_096 }
const line = (name: string) =>
  `17 (${name}) S 1 17 17 0 -1 4194560 1000 2000 3 4 150 50 9000 8000 20 0 11 0 12345 1000000 321 18446744073709551615 1 1`

describe('the CPU time and memory of a process', () => {
  it('is read from its line of /proc, user and system together and without its children', () => {
    assert.deepEqual(parseProcessStat(line('node'), units), { cpuMicros: 2_000_000, rssBytes: 321 * 4_096 })
  })

  it('does not trip over a name with blanks and brackets', () => {
    assert.deepEqual(parseProcessStat(line('a b) S (c'), units), parseProcessStat(line('node'), units))
  })

  it('is undefined when the process has ended', () => {
    assert.equal(readProcessStat(2 ** 30), undefined)
  })

  it('is that of a living one', () => {
    const stat = readProcessStat(process.pid)
    assert.ok(stat && stat.cpuMicros > 0 && stat.rssBytes > 1_000_000)
  })
})

describe('the CPU time of a part', () => {
  const stats = new Map([
    [1, { cpuMicros: 1_000, rssBytes: 50 }],
    [2, { cpuMicros: 2_000, rssBytes: 70 }],
  ])
  const look = () => readUsage({ api: [1, 2, 3], mysql: [4] }, (pid) => stats.get(pid))

  it('is the sum of its processes, and its memory that of the largest', () => {
    const { cpuMicros, rssBytes } = look()
    assert.deepEqual(cpuMicros, { api: 3_000, mysql: 0 })
    assert.deepEqual(rssBytes, { api: 70, mysql: 0 })
  })

  it('comes to cores and to microseconds a message between two looks', () => {
    const before = { atMs: 1_000, cpuMicros: { api: 10_000, mysql: 0 }, rssBytes: {} }
    const after = { atMs: 3_000, cpuMicros: { api: 1_010_000, mysql: 4_000_000 }, rssBytes: {} }
    assert.deepEqual(coresBetween(before, after), { api: 0.5, mysql: 2 })
    assert.deepEqual(costsBetween(before, after, 2_000), {
      api: { cores: 0.5, microsPerMessage: 500 },
      mysql: { cores: 2, microsPerMessage: 2_000 },
    })
  })

  it('is nothing rather than negative when a process ended meanwhile, and no message costs nothing', () => {
    const before = { atMs: 0, cpuMicros: { rabbitmq: 9_000 }, rssBytes: {} }
    const after = { atMs: 1_000, cpuMicros: { rabbitmq: 5_000 }, rssBytes: {} }
    assert.deepEqual(costsBetween(before, after, 0), { rabbitmq: { cores: 0, microsPerMessage: 0 } })
  })
})
