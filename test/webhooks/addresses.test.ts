import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { isPublicAddress } from '../../src/primitives/isPublicAddress.ts'
import { findUrlFault } from '../../src/primitives/publicUrl.ts'
import { openSender } from '../../src/webhooks/send/post.ts'
import { startEndpoint } from './endpointServer.ts'

const NOT_PUBLIC = [
  ...['0.0.0.0', '0.1.2.3', '10.0.0.1', '100.64.0.1', '127.0.0.1', '127.255.255.254', '169.254.169.254'],
  ...['172.16.0.1', '172.31.255.255', '192.0.0.1', '192.0.2.1', '192.88.99.1', '192.168.1.1', '198.18.0.1'],
  ...['198.51.100.1', '203.0.113.9', '224.0.0.1', '240.0.0.1', '255.255.255.255'],
  ...['::', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:169.254.169.254', '::127.0.0.1'],
  ...['64:ff9b::7f00:1', '64:ff9b::169.254.169.254', '64:ff9b:1::1', '2002:7f00:1::', '2002:a9fe:a9fe::1'],
  ...[
    '2001::1',
    '2001:db8::1',
    '3fff::1',
    'fc00::1',
    'fd00::1',
    'fe80::1',
    'fe80::1%eth0',
    'ff02::1',
    '100::1',
  ],
  ...['', 'localhost', '0x7f000001', '2130706433'],
]
const PUBLIC = [
  ...['1.1.1.1', '172.32.0.1', '100.63.255.255', '192.0.3.1', '223.255.255.255'],
  ...[
    '2606:4700:4700::1111',
    '::ffff:1.1.1.1',
    '64:ff9b::101:101',
    '2002:101:101::1',
    '2001:4860:4860::8888',
  ],
]

describe('an address', () => {
  for (const address of NOT_PUBLIC)
    it(`is not on the internet: "${address}"`, () => assert.equal(isPublicAddress(address), false))
  for (const address of PUBLIC)
    it(`is on the internet: ${address}`, () => assert.equal(isPublicAddress(address), true))
})

describe('the address of an endpoint', () => {
  const fault = (url: string, allowsPrivate = false) => findUrlFault(url, { allowsPrivate })

  for (const host of [
    ...['[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::ffff:169.254.169.254]', '0x7f000001', '0.0.0.0', '[::]'],
    ...['2130706433', '127.1', '0177.0.0.1', '[::1]', '169.254.169.254'],
  ])
    it(`is refused when it is written: https://${host}/`, () =>
      assert.equal(fault(`https://${host}/`), 'must be an address on the internet'))

  it('is https without a user name, unless a setting allows plain http', () => {
    assert.equal(fault('https://example.com/hook?a=1'), undefined)
    assert.match(fault('http://example.com/') ?? '', /https/)
    assert.match(fault('ftp://example.com/', true) ?? '', /https/)
    assert.match(fault('https://user:pw@example.com/') ?? '', /user name/)
    assert.match(fault('https://user@example.com/') ?? '', /user name/)
    assert.match(fault('https://example.com/#part') ?? '', /fragment/)
    assert.match(fault('not a url') ?? '', /URL/)
    assert.match(fault(`https://example.com/${'a'.repeat(2_000)}`) ?? '', /characters/)
    assert.equal(fault('http://127.0.0.1:8080/', true), undefined)
  })
})

describe('the connector of webhooks', () => {
  let server: Server
  let port: number
  let connections: number
  before(async () => {
    server = createServer((socket) => {
      connections++
      socket.destroy()
    })
    await new Promise<void>((resolve) => server.listen(0, resolve))
    port = (server.address() as AddressInfo).port
  })
  beforeEach(() => (connections = 0))
  after(() => server.close())

  const post = async (host: string, resolve?: (name: string) => Promise<string[]>) => {
    const sender = openSender({ allowsPrivate: false, timeoutMs: 2_000, ...(resolve ? { resolve } : {}) })
    const answer = await sender.post({ url: `http://${host}:${port}/`, headers: {}, body: '{}' })
    await sender.close()
    return answer
  }

  for (const host of [
    ...['127.0.0.1', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::ffff:169.254.169.254]', '0x7f000001'],
    ...['0.0.0.0', '[::]', '[::1]', '169.254.169.254', 'localhost'],
  ])
    it(`does not dial ${host}`, async () => {
      assert.equal((await post(host)).result, 'blocked')
      assert.equal(connections, 0)
    })

  it('does not dial a name with one public and one private address, in either order', async () => {
    for (const addresses of [
      ['1.1.1.1', '127.0.0.1'],
      ['127.0.0.1', '1.1.1.1'],
    ])
      assert.equal((await post('endpoint.example', () => Promise.resolve(addresses))).result, 'blocked')
    assert.equal(connections, 0)
  })

  it('dials the address that it checked: a name that changes meanwhile leads nowhere else', async () => {
    // The first look-up is checked; a second one would lead here.
    const looked: string[] = []
    const changing = (name: string) => {
      looked.push(name)
      return Promise.resolve(
        looked.length === 1 ? ['192.0.2.1'.replace('192.0.2.1', '240.0.0.1')] : ['127.0.0.1'],
      )
    }
    assert.equal((await post('endpoint.example', changing)).result, 'blocked')
    assert.deepEqual(looked, ['endpoint.example'])
    const endpoint = await startEndpoint()
    const sender = openSender({ allowsPrivate: true, resolve: changingTo(['127.0.0.1'], ['240.0.0.1']) })
    const url = endpoint.url.replace('127.0.0.1', 'endpoint.example')
    assert.equal((await sender.post({ url, headers: {}, body: '{}' })).result, 'delivered')
    await sender.close()
    await endpoint.close()
  })

  it('says which names lead nowhere', async () => {
    const answer = await post('endpoint.example', () => Promise.resolve([]))
    assert.deepEqual([answer.result, answer.error], ['unreachable', 'ENOTFOUND'])
  })
})

/** A name that has these addresses at the first look-up, and those at each later one. */
function changingTo(first: string[], later: string[]): () => Promise<string[]> {
  let isFirst = true
  return () => {
    const found = isFirst ? first : later
    isFirst = false
    return Promise.resolve(found)
  }
}
