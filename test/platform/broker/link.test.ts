import assert from 'node:assert/strict'
import type { ChannelModel } from 'amqplib'
import { openLink } from '../../../src/platform/broker/link.ts'
import { StartupFault } from '../../../src/platform/startupFault.ts'
import type { Link, LinkSettings } from '../../../src/platform/broker/link.ts'
import { eventually } from '../../support/eventually.ts'
import { freshStack, privateServers } from '../../support/servers.ts'
import type { Stack } from '../../support/servers.ts'
import { openTcpProxy } from '../../../dev/tcpProxy.ts'
import type { TcpProxy } from '../../../dev/tcpProxy.ts'

describe('a link to the broker', () => {
  let stack: Stack
  let proxy: TcpProxy
  let link: Link | undefined
  let states: string[]
  let reasons: string[]
  let setUps: number

  before(async () => {
    stack = await freshStack()
    proxy = await openTcpProxy(stack.amqpUrl)
  })
  beforeEach(() => {
    states = []
    reasons = []
    setUps = 0
  })
  afterEach(async () => {
    proxy.resume()
    proxy.admit()
    await link?.close()
    link = undefined
  })
  after(async () => {
    await proxy.close()
    await stack.drop()
  })

  async function open(settings: Partial<LinkSettings> = {}): Promise<Link> {
    const setUp = async (connection: ChannelModel) => {
      setUps++
      await connection.createChannel()
    }
    link = await openLink({
      url: `${proxy.url}?heartbeat=1`,
      name: 'test link',
      onState: (_link, state, reason) => {
        states.push(state)
        reasons.push(reason)
      },
      setUp,
      ...settings,
    })
    return link
  }

  const becomes = (state: string) => eventually(`the link is ${state}`, () => link?.state() === state)

  it('is up when its channels are set up, and says so', async () => {
    await open()
    await becomes('up')
    assert.deepEqual([states, setUps], [['up'], 1])
  })

  it('comes back by itself after it was cut, and sets its channels up again', async () => {
    await open()
    await becomes('up')
    proxy.cut()
    await becomes('down')
    await becomes('up')
    assert.deepEqual([states, setUps], [['up', 'down', 'up'], 2])
  })

  it('comes back after the broker ended one direction only', async () => {
    await open()
    await becomes('up')
    proxy.links()[0]?.halfClose('toClient')
    await becomes('down')
    await becomes('up')
  })

  it('waits for a broker that is away when it is opened', async () => {
    proxy.refuse()
    await open()
    await eventually('attempts failed', () => states.length >= 2)
    assert.ok(states.every((state) => state === 'down'))
    proxy.admit()
    await becomes('up')
  })

  it('waits for a broker that takes connections and says nothing', async () => {
    proxy.silence()
    await open({ connectTimeoutMs: 1_000 })
    await eventually('an attempt failed', () => states.length >= 1)
    proxy.resume()
    await becomes('up')
  })

  it('tries again when its set-up fails', async () => {
    await open({
      setUp: async (connection) => {
        await connection.createChannel()
        if (++setUps < 3) throw new Error('not yet')
      },
    })
    await becomes('up')
    assert.deepEqual([states, setUps], [['down', 'down', 'up'], 3])
  })

  it('is given up when it falls silent during its set-up, and comes back', async () => {
    await open({
      setUpTimeoutMs: 1_000,
      setUp: async (connection) => {
        if (++setUps === 1) proxy.silence()
        await connection.createChannel()
      },
    })
    await eventually('the set-up was given up', () => states.includes('down'))
    proxy.cut()
    proxy.resume()
    await becomes('up')
    // A busy machine may take too long for the next one too.
    assert.ok(setUps >= 2)
  })

  it('is given up when it falls silent during its set-up and stays so, and comes back on another connection', async () => {
    await open({
      setUpTimeoutMs: 1_000,
      setUp: async (connection) => {
        if (++setUps === 1) for (const each of proxy.links()) each.silence()
        await connection.createChannel()
      },
    })
    await becomes('up')
    assert.ok(setUps >= 2)
  })

  it('is found out by its heartbeats when it falls silent, and comes back on another connection', async () => {
    await open()
    await becomes('up')
    for (const each of proxy.links()) each.silence()
    await becomes('down')
    await becomes('up')
    assert.equal(setUps, 2)
  })

  it('is replaced when one of its channels is of no use any more, and says why', async () => {
    let renew: ((reason: string) => void) | undefined
    await open({
      setUp: async (connection, renewLink) => {
        setUps++
        renew = renewLink
        await connection.createChannel()
      },
    })
    await becomes('up')
    renew?.('a test')
    await eventually('it is set up again', () => setUps === 2)
    await becomes('up')
    assert.deepEqual(reasons, ['connected', 'a test', 'connected'])
  })

  it('says why the broker closed it', async function () {
    const servers = privateServers(this)
    await open()
    await becomes('up')
    await servers.managementCtl([
      'close_all_connections',
      '--vhost',
      vhostOf(stack.amqpUrl),
      'for maintenance',
    ])
    await eventually('it was closed', () => states.includes('down'))
    assert.match(reasons[1] ?? '', /CONNECTION.FORCED.*for maintenance/)
  })

  it('says that it was given up for its heartbeats', async () => {
    await open()
    await becomes('up')
    for (const each of proxy.links()) each.silence()
    await becomes('down')
    assert.match(reasons[1] ?? '', /heartbeat/i)
  })

  for (const [what, change] of [
    ['password', (url: URL) => (url.password = 'wrong')],
    ['virtual host', (url: URL) => (url.pathname = '/no-such-vhost')],
  ] as const)
    it(`ends the start in one line when the ${what} is wrong`, async () => {
      const url = new URL(proxy.url)
      change(url)
      await assert.rejects(open({ url: url.toString() }), (error) => {
        assert.ok(error instanceof StartupFault)
        assert.match(error.message, /^RabbitMQ refuses the connection that AMQP_URL describes: [^\n]+$/)
        assert.ok(!error.message.includes('wrong'))
        return true
      })
      await eventually('it does not try again', () => proxy.links().length === 0)
    })

  describe('with the addresses of several nodes', () => {
    let other: TcpProxy

    before(async () => (other = await openTcpProxy(stack.amqpUrl)))
    after(() => other.close())
    afterEach(() => other.admit())

    const openBoth = () => open({ url: `${proxy.url}?heartbeat=1,${other.url}?heartbeat=1` })
    const areOpen = () => [proxy.links().length, other.links().length]

    it('takes the first one that answers', async () => {
      await openBoth()
      await becomes('up')
      assert.deepEqual(areOpen(), [1, 0])
      await link?.close()
      proxy.refuse()
      await openBoth()
      await becomes('up')
      assert.deepEqual(areOpen(), [0, 1])
    })

    it('goes to the next one when its own is gone, and back when that is gone too', async () => {
      await openBoth()
      await becomes('up')
      proxy.refuse()
      proxy.cut()
      await eventually('the other node has it', () => link?.state() === 'up' && areOpen()[1] === 1)
      proxy.admit()
      other.refuse()
      other.cut()
      await eventually('the first node has it', () => link?.state() === 'up' && areOpen()[0] === 1)
      assert.equal(setUps, 3)
    })
  })

  it('can be closed while the broker is silent', async () => {
    const opened = await open({ url: proxy.url })
    await becomes('up')
    proxy.silence()
    await opened.close()
    assert.equal(opened.state(), 'down')
    await eventually('the socket is gone', () => {
      proxy.resume()
      return proxy.links().length === 0
    })
  })

  it('stays closed once it is closed, also when it was about to connect', async () => {
    proxy.refuse()
    const opened = await open()
    await eventually('an attempt failed', () => states.length >= 1)
    await opened.close()
    proxy.admit()
    assert.equal(opened.state(), 'down')
    await open()
    await becomes('up')
    assert.equal(setUps, 1)
  })
})

function vhostOf(amqpUrl: string): string {
  return new URL(amqpUrl).pathname.slice(1)
}
