import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { produceOnce } from '../../../dev/servers/produceOnce.ts'
import { identify } from '../../../dev/processes/identity.ts'

describe('produceOnce', () => {
  let parent: string
  let folder: string
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'chapar-produce-'))
    folder = join(parent, 'server')
  })
  afterEach(() => rm(parent, { recursive: true }))

  const write = (text: string) => (unfinished: string) => writeFile(join(unfinished, 'file'), text)
  const read = () => readFile(join(folder, 'file'), 'utf8')

  it('makes a folder once and not again', async () => {
    await produceOnce(folder, write('first'))
    await produceOnce(folder, write('second'))
    assert.equal(await read(), 'first')
  })

  it('shows nothing before the folder is complete, and nothing at all when making it fails', async () => {
    const failing = produceOnce(folder, async (unfinished) => {
      await write('half')(unfinished)
      assert.equal((await readdir(parent)).includes('server'), false)
      throw new Error('the line broke')
    })
    await assert.rejects(failing, /the line broke/)
    assert.deepEqual(await readdir(parent), [])
    await produceOnce(folder, write('whole'))
    assert.equal(await read(), 'whole')
  })

  it('lets two make it at once: one folder, from one of them, and nothing left over', async () => {
    let started = 0
    let bothStarted: () => void
    const both = new Promise<void>((resolve) => (bothStarted = resolve))
    const produce = (text: string) => async (unfinished: string) => {
      await write(text)(unfinished)
      if ((started += 1) === 2) bothStarted()
      await both
    }
    await Promise.all([produceOnce(folder, produce('a')), produceOnce(folder, produce('b'))])
    assert.match(await read(), /^[ab]$/)
    assert.deepEqual(await readdir(parent), ['server'])
  })

  it('clears away what a dead process left half-made, and not what a living one is at', async () => {
    const own = identify(process.pid)
    const dead = `server.${process.pid}-${Number(own?.startTime) - 1}-1.unfinished`
    const living = `server.${process.pid}-${own?.startTime}-999.unfinished`
    const another = `server-empty.${process.pid}-1-1.unfinished`
    for (const name of [dead, living, another]) await mkdir(join(parent, name))
    await produceOnce(folder, write('whole'))
    assert.deepEqual((await readdir(parent)).sort(), ['server', another, living].sort())
  })
})
