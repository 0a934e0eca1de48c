import assert from 'node:assert/strict'
import { join } from 'node:path'
import { SupervisedProcess } from '../../chaos/stage/supervisedProcess.ts'
import { changeVersion } from '../../chaos/stage/versions.ts'
import type { Version, Versioned } from '../../chaos/stage/versions.ts'
import { startSimulator } from '../../dev/stack/programs.ts'
import { eventually } from '../support/eventually.ts'
import { logFolder } from '../support/servers.ts'

describe('a change of the version', () => {
  let starts: string[]
  let all: Versioned[]
  let faults: string[]
  beforeEach(() => {
    starts = []
    all = []
    faults = []
  })
  afterEach(() => Promise.all(all.map(({ process }) => (process as SupervisedProcess).close())))

  /** @param until what the first start waits for at its end. */
  function add(name: string, until?: Promise<void>): void {
    const each: { wanted: Version; started?: Version } = { wanted: 'old' }
    const process = new SupervisedProcess({
      ...{ name, role: 'api', preloaded: () => ({}) },
      start: async () => {
        const started = (each.started = each.wanted)
        starts.push(`${name} ${started}`)
        const program = await startSimulator({ name, logFile: join(await logFolder(), `${name}.log`) })
        if (started === 'old') await until
        return program
      },
      ...{ onDeath: () => {}, onFreeze: () => {}, onFault: (line) => faults.push(line) },
    })
    all.push(Object.assign(each, { process }))
  }

  it('replaces one process after the other, each when the one before serves', async () => {
    add('one')
    add('two')
    await eventually('both run', () => all.every(({ process }) => process.program))
    await changeVersion(all, 'new')
    assert.deepEqual(starts.slice(2), ['one new', 'two new'])
    await changeVersion(all, 'old')
    assert.deepEqual(starts.slice(4), ['one old', 'two old'])
    assert.deepEqual(faults, [])
  })

  it('replaces a process that is being started meanwhile', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    add('one', promise)
    await eventually('it starts', () => starts.length === 1)
    const changed = changeVersion(all, 'new')
    resolve()
    await changed
    assert.deepEqual(starts, ['one old', 'one new'])
  })
})
