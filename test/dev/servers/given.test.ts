import assert from 'node:assert/strict'
import { givenServers, withoutPassword } from '../../../dev/servers/given.ts'

describe('servers of the caller', () => {
  const databaseUrl = 'mysql://me:secret@db.example:3306/chapar'
  const amqpUrl = 'amqp://me:secret@mq.example/chapar'

  it('are used when both are named, and none when neither is', () => {
    assert.deepEqual(givenServers({ DATABASE_URL: databaseUrl, AMQP_URL: amqpUrl }), { databaseUrl, amqpUrl })
    assert.equal(givenServers({}), undefined)
  })

  it('are refused by halves, because a private one beside them was not meant', () => {
    assert.throws(() => givenServers({ DATABASE_URL: databaseUrl }), /AMQP_URL is missing/)
    assert.throws(() => givenServers({ AMQP_URL: amqpUrl }), /DATABASE_URL is missing/)
  })

  it('are printed without their passwords', () => {
    assert.equal(withoutPassword(databaseUrl), 'mysql://me:***@db.example:3306/chapar')
    assert.equal(withoutPassword('amqp://mq.example/chapar'), 'amqp://mq.example/chapar')
  })
})
