import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isAlive, type ProcessIdentity } from '../../../dev/processes/identity.ts'
import { readState, writeState, type StackPart } from '../../../dev/stack/state.ts'
import { takeDown } from '../../../dev/stack/takeDown.ts'
import { predecessorOf, startSleeper } from '../processes/sleeper.ts'

const part = (name: string, ...processes: ProcessIdentity[]): StackPart => ({
  name,
  url: '',
  notes: [],
  processes,
})
const URLS = { apiUrl: '', databaseUrl: '', amqpUrl: '' }
const silent = () => undefined

describe('taking the stack down', () => {
  let folder: string
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'chapar-down-'))))
  afterEach(() => rm(folder, { recursive: true }))

  it('stops what is proven ours, the last started first, and forgets it', async () => {
    const [first, second] = await Promise.all([startSleeper(), startSleeper()])
    const parts = [part('first', first.identity), part('given'), part('second', second.identity)]
    await writeState({ parts, ...URLS }, folder)
    assert.deepEqual(await takeDown(silent, folder), ['second', 'first'])
    assert.equal(isAlive(first.identity) || isAlive(second.identity), false)
    assert.equal(await readState(folder), undefined)
    assert.deepEqual(await takeDown(silent, folder), [])
  })

  it('does not touch a process that only has the id of one that was ours', async () => {
    const { child, identity } = await startSleeper()
    await writeState({ parts: [part('API', predecessorOf(identity))], ...URLS }, folder)
    assert.deepEqual(await takeDown(silent, folder), [])
    assert.equal(isAlive(identity), true)
    child.kill('SIGKILL')
  })
})
