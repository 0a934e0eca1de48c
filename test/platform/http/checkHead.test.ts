import assert from 'node:assert/strict'
import { answerJson } from '../../../src/platform/http/index.ts'
import type { Listener, Route } from '../../../src/platform/http/index.ts'
import { testApp } from '../../support/app.ts'
import type { AppOptions } from '../../../src/platform/http/index.ts'
import { eventually } from '../../support/eventually.ts'
import { answersIn, assertProblem, dial, listenWith } from './rawClient.ts'

const here: Route = {
  method: 'get',
  path: '/here',
  access: 'public',
  handle: (_request, response) => answerJson(response, {}),
}

describe('the head of a request', () => {
  let listener: Listener
  const open = async (options: Partial<AppOptions> = {}) => {
    listener = await listenWith(testApp([here], options).app)
  }
  afterEach(() => listener.close(0))

  async function ask(headers: string[], version = '1.1') {
    const client = await dial(listener)
    client.say([`GET /here HTTP/${version}`, ...headers, '', ''].join('\r\n'))
    await eventually('an answer arrived', () => answersIn(client.got()).length === 1)
    client.socket.destroy()
    return answersIn(client.got())[0]
  }

  it('names one host, and with HTTP/1.0 none at all if it likes', async () => {
    await open()
    assert.equal((await ask(['Host: a']))?.status, 200)
    assert.equal((await ask([], '1.0'))?.status, 200)
    assertProblem(await ask([]), 400, 'malformed_request')
    assertProblem(await ask(['Host: a', 'Host: a']), 400, 'malformed_request')
    assertProblem(await ask(['Host: a', 'hOST: b'], '1.0'), 400, 'malformed_request')
  })

  it('has at most a hundred headers', async () => {
    await open()
    const headers = (count: number) => [
      'Host: a',
      ...Array.from({ length: count - 1 }, (_, index) => `X-${index}: v`),
    ]
    assert.equal((await ask(headers(100)))?.status, 200)
    assertProblem(await ask(headers(101)), 431, 'too_many_headers')
    // Newer versions of Node notice these by themselves, and in their own words.
    for (const count of [102, 400]) assert.equal((await ask(headers(count)))?.status, 431)
  })

  it('expects nothing but 100-continue', async () => {
    await open()
    assertProblem(await ask(['Host: a', 'Expect: 200-ok']), 417, 'expectation_failed')
    const client = await dial(listener)
    client.say('GET /here HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n')
    await eventually('an answer arrived', () => answersIn(client.got()).length === 1)
    assert.match(client.got(), /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/)
    client.socket.destroy()
  })

  it('names this machine, and no other name is served', async () => {
    await open({ ownHost: 'sms.internal' })
    const own = ['127.0.0.1', '127.0.0.1:8080', '10.1.2.3:80', '[::1]', '[::1]:8080', '[fe80::1]']
    const names = [
      'localhost',
      'LocalHost:8080',
      'localhost.',
      'a.localhost:1',
      'SMS.internal:9',
      'sms.internal',
    ]
    for (const host of [...own, ...names]) assert.equal((await ask([`Host: ${host}`]))?.status, 200, host)
    assert.equal((await ask([], '1.0'))?.status, 200)
    const strange = ['evil.example', 'evil.example:8080', '127.0.0.1.evil.example', 'localhost.evil.example']
    const broken = [
      '',
      'a@127.0.0.1',
      '[::1',
      '::1',
      '[127.0.0.1]',
      '127.0.0.1:80:80',
      '127.0.0.1/x',
      '127.1',
      'xlocalhost',
    ]
    for (const host of [...strange, ...broken])
      assertProblem(await ask([`Host: ${host}`]), 421, 'unknown_host')
    // One that was let in does not open the door to the next.
    assert.equal((await ask(['Host: localhost']))?.status, 200)
    assertProblem(await ask(['Host: evil.example']), 421, 'unknown_host')
  })

  it('may name anything where others are served', async () => {
    await open()
    for (const host of ['evil.example', 'engine:8080', ''])
      assert.equal((await ask([`Host: ${host}`]))?.status, 200)
  })
})
