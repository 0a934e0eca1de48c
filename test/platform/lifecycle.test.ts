import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { createLifecycle } from '../../src/platform/lifecycle.ts'
import type { Host } from '../../src/platform/lifecycle.ts'
import manifest from '../../package.json' with { type: 'json' }
import { memoryLog } from '../support/memoryLog.ts'

function fakeHost() {
  const events = new EventEmitter()
  const exits: number[] = []
  const host: Host = {
    on: (event, listener) => events.on(event, listener),
    exit: (code) => {
      exits.push(code)
      events.emit('exited')
    },
  }
  return {
    host,
    exits,
    signal: (name: string) => events.emit(name, name),
    exited: () => once(events, 'exited'),
  }
}

describe('the life cycle', () => {
  it('closes parts in reverse order, one after the other, and exits 0', async () => {
    const { host, exits, signal, exited } = fakeHost()
    const { logger } = memoryLog()
    const lifecycle = createLifecycle({ logger, deadlineMs: 10_000, host })
    const seen: string[] = []
    for (const name of ['pool', 'broker', 'http']) {
      lifecycle.add({
        name,
        close: async () => {
          seen.push(`${name} closing`)
          await Promise.resolve()
          seen.push(`${name} closed`)
        },
      })
    }
    const done = exited()
    signal('SIGTERM')
    await done
    assert.deepEqual(seen, [
      'http closing',
      'http closed',
      'broker closing',
      'broker closed',
      'pool closing',
      'pool closed',
    ])
    assert.deepEqual(exits, [0])
  })

  it('closes what takes work first and together, so that none takes on while another drains', async () => {
    const { host, signal, exited } = fakeHost()
    const lifecycle = createLifecycle({ logger: memoryLog().logger, deadlineMs: 10_000, host })
    const seen: string[] = []
    const httpMayEnd = Promise.withResolvers<void>()
    lifecycle.add({ name: 'pool', close: () => Promise.resolve(void seen.push('pool')) })
    lifecycle.add({
      name: 'consumers',
      takesWork: true,
      close: () => {
        seen.push('consumers')
        httpMayEnd.resolve()
        return Promise.resolve()
      },
    })
    lifecycle.add({ name: 'broker', close: () => Promise.resolve(void seen.push('broker')) })
    lifecycle.add({
      name: 'http',
      takesWork: true,
      close: async () => {
        seen.push('http')
        await httpMayEnd.promise
      },
    })
    const done = exited()
    signal('SIGTERM')
    await done
    assert.deepEqual(seen, ['consumers', 'http', 'broker', 'pool'])
  })

  it('goes on after a part that fails to close, names it, and exits 1', async () => {
    const { host, exits, signal, exited } = fakeHost()
    const { logger, lines } = memoryLog()
    const lifecycle = createLifecycle({ logger, deadlineMs: 10_000, host })
    let poolClosed = false
    lifecycle.add({
      name: 'pool',
      close: () => {
        poolClosed = true
        return Promise.resolve()
      },
    })
    lifecycle.add({ name: 'broker', close: () => Promise.reject(new Error('socket gone')) })
    const done = exited()
    signal('SIGINT')
    await done
    assert.equal(poolClosed, true)
    assert.deepEqual(exits, [1])
    assert.ok(lines().some((line) => line['part'] === 'broker' && line['level'] === 'error'))
  })

  it('gives up on a part that does not close within the deadline, and exits 1', async () => {
    const { host, exits, signal, exited } = fakeHost()
    const { logger, lines } = memoryLog()
    const lifecycle = createLifecycle({ logger, deadlineMs: 20, host })
    lifecycle.add({ name: 'pool', close: () => Promise.resolve() })
    lifecycle.add({ name: 'consumer', close: () => new Promise(() => {}) })
    const done = exited()
    signal('SIGTERM')
    await done
    assert.deepEqual(exits, [1])
    assert.ok(lines().some((line) => line['part'] === 'consumer' && line['level'] === 'error'))
  })

  it('closes a part that is added while the others close: a signal may come in the middle of a start', async () => {
    const { host } = fakeHost()
    const { logger } = memoryLog()
    const lifecycle = createLifecycle({ logger, deadlineMs: 10_000, host })
    let lateClosed = false
    lifecycle.add({
      name: 'first',
      close: () => {
        lifecycle.add({
          name: 'late',
          close: () => {
            lateClosed = true
            return Promise.resolve()
          },
        })
        return Promise.resolve()
      },
    })
    assert.equal(await lifecycle.close(), true)
    assert.equal(lateClosed, true)
  })

  it('ends by a word as by a signal, and once when both come', async () => {
    const { host, exits, signal } = fakeHost()
    const { logger, lines } = memoryLog()
    const lifecycle = createLifecycle({ logger, deadlineMs: 10_000, host })
    let closed = 0
    lifecycle.add({ name: 'pool', close: () => Promise.resolve(void closed++) })
    const ended = lifecycle.end()
    signal('SIGTERM')
    await ended
    assert.equal(closed, 1)
    assert.equal(lines().filter(({ message }) => message === 'stopped').length, 1)
    // The signal is the first, not a second that would end it at once.
    assert.ok(exits.every((code) => code === 0))
    assert.ok(exits.length > 0)
  })

  it('calls whoever listens on SIGHUP, where that does not end it, and tells of one that came before', async () => {
    const { host, exits, signal, exited } = fakeHost()
    const { logger } = memoryLog()
    const lifecycle = createLifecycle({ logger, deadlineMs: 10_000, endsOnHangup: false, host })
    let hangups = 0
    signal('SIGHUP')
    signal('SIGHUP')
    lifecycle.onHangup(() => hangups++)
    assert.equal(hangups, 1)
    signal('SIGHUP')
    assert.equal(hangups, 2)
    let others = 0
    lifecycle.onHangup(() => others++)
    signal('SIGHUP')
    assert.deepEqual([hangups, others], [3, 2])
    assert.deepEqual(exits, [])
    signal('SIGTERM')
    await exited()
    assert.deepEqual(exits, [0])
  })

  it('exits at once with 1 on a second signal', () => {
    const { host, exits, signal } = fakeHost()
    const { logger } = memoryLog()
    const lifecycle = createLifecycle({ logger, deadlineMs: 10_000, host })
    lifecycle.add({ name: 'consumer', close: () => new Promise(() => {}) })
    signal('SIGTERM')
    assert.deepEqual(exits, [])
    signal('SIGINT')
    assert.deepEqual(exits, [1])
  }).timeout(2_000)
})

describe('the life cycle of a real process', () => {
  const program = fileURLToPath(new URL('lifecycleProgram.ts', import.meta.url))

  /** Starts the program, waits until it is up, and gives a way to learn its end. */
  async function start(mode: string) {
    const child = spawn(process.execPath, [program, mode], { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.setEncoding('utf8')
    child.stdout.on('data', (chunk: string) => (output += chunk))
    const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
    while (!output.includes('"up"') && child.exitCode === null)
      await Promise.race([once(child.stdout, 'data'), ended])
    return { child, ended, output: () => output }
  }

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
    it(`ends with 0 on ${signal}, after its parts are closed`, async () => {
      const { child, ended, output } = await start('orderly')
      child.kill(signal)
      assert.deepEqual(await ended, [0, null])
      assert.match(output(), /"part closed"/)
    })

  it('takes the place of the shell that npm starts, so that a signal to npm reaches it', () => {
    const programs = Object.entries(manifest.scripts).filter(([, script]) => /\bnode [^&]*\.ts/.test(script))
    const alone = programs.filter(([, script]) => !script.includes('&&'))
    assert.ok(alone.length > 40)
    for (const [name, script] of alone) assert.match(script, /^exec node /, name)
  })

  it('ends with 1 on a second signal, though a part still closes', async () => {
    const { child, ended, output } = await start('hanging')
    child.kill('SIGTERM')
    while (!output().includes('"stopping"')) await once(child.stdout, 'data')
    child.kill('SIGTERM')
    assert.deepEqual(await ended, [1, null])
  })

  for (const mode of ['throws', 'rejects']) {
    it(`ends with 1 and a line with the stack when something ${mode} and is not caught`, async () => {
      const { ended, output } = await start(mode)
      assert.deepEqual(await ended, [1, null])
      const crashed =
        output()
          .split('\n')
          .find((line) => line.includes('"crashed"')) ?? '{}'
      const { level, error } = JSON.parse(crashed) as {
        level: string
        error: { message: string; stack: string }
      }
      assert.equal(level, 'error')
      assert.equal(error.message, 'not caught')
      assert.match(error.stack, /lifecycleProgram/)
    })
  }
})
