import assert from 'node:assert/strict'
import { brokerUrlText, readBrokerAddresses } from '../../../src/platform/broker/address.ts'

const nodesOf = (text: string) => readBrokerAddresses(text).nodes

describe('the addresses of a broker', () => {
  it('are one, with what its URL says', () => {
    assert.deepEqual(nodesOf('amqp://a%40b:p%2Cw@mq.example/sms?heartbeat=1'), [
      {
        ...{ protocol: 'amqp', hostname: 'mq.example', port: 5672, vhost: 'sms', heartbeat: '1' },
        ...{ username: 'a@b', password: 'p,w' },
      },
    ])
  })

  it('are several, in their order, each with a user, port and virtual host of its own', () => {
    const nodes = nodesOf('amqp://u:p@10.0.0.1:1/a, amqps://[::1]/b,amqp://v:q@c:3')
    assert.deepEqual(
      nodes.map(({ protocol, hostname, port, username, vhost }) => [
        protocol,
        hostname,
        port,
        username,
        vhost,
      ]),
      [
        ['amqp', '10.0.0.1', 1, 'u', 'a'],
        ['amqps', '::1', 5671, 'guest', 'b'],
        ['amqp', 'c', 3, 'v', ''],
      ],
    )
  })

  it('may have a comma in a password', () => {
    assert.deepEqual(
      nodesOf('amqp://u:p,q@a,amqp://u:p,amqp@b').map(({ password }) => password),
      ['p,q', 'p,amqp'],
    )
  })

  for (const [text, fault] of [
    ['amqp://a,http://secret@b', 'must look like amqp or amqps://host:port'],
    ['amqp://u:secret@a,amqp://', 'must look like amqp or amqps://host:port'],
    ['http://u:secret@a', 'must look like amqp or amqps://host:port'],
    ['amqp://u:secret@a,amqp://b?cacertfile=/no', 'has a cacertfile, and amqp:// does not encrypt'],
  ] as const)
    it(`are refused as a setting when one of them is wrong: ${text}`, () => {
      const found = brokerUrlText()
        .safeParse(text)
        .error?.issues.map(({ message }) => message)
      assert.deepEqual(found, [fault])
    })
})
