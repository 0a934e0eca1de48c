import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { commandIn } from '../../dev/image/build.ts'
import type { BuiltImage } from '../../dev/image/build.ts'
import { newCustomer, newKey } from '../accounts/arrangeAccounts.ts'
import { call } from '../support/api.ts'
import type { HistoryBody } from '../support/api.ts'
import { fund } from '../support/arrange.ts'
import { eventually } from '../support/eventually.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { readComposeFile, readImage, withoutProfiles } from './composeFile.ts'
import { createContainers } from './containers.ts'
import type { Containers } from './containers.ts'

const ROLES = ['api', 'relay', 'consumer']
const OPERATORS = ['operator-a', 'operator-b', 'operator-test']

describe('the image that was built', function () {
  this.timeout(900_000)
  const built = JSON.parse(process.env['BUILT_IMAGE'] ?? '{}') as BuiltImage
  const written = readImage()
  let stack: Stack
  let containers: Containers
  before(async () => {
    stack = await freshStack()
    const commandOf = (command: string[]) => commandIn(built, command)
    const image = { ...written, environment: built.environment }
    containers = await createContainers(withoutProfiles(readComposeFile()), image, stack, commandOf)
  })
  after(async () => {
    await containers.stop()
    await stack.drop()
  })

  it('is what the Dockerfile says', () => {
    assert.deepEqual([built.user, built.folder, built.command], [written.user, '/app', written.command])
    assert.equal(built.environment['NODE_ENV'], 'production')
  })

  it('migrates, runs each role and each simulated operator, and passes its health check', async () => {
    await containers.until('migrate', 'service_completed_successfully')
    for (const name of [...ROLES, ...OPERATORS]) await containers.until(name, 'service_healthy')
    for (const name of [...ROLES, ...OPERATORS]) await containers.askImage(name)
    for (const role of ROLES) {
      const { roles } = (await (await fetch(`${containers.url(role)}/healthz`)).json()) as { roles: string[] }
      assert.deepEqual(roles, [role])
    }
  })

  it('runs as its user, without any capability', () => {
    for (const name of [...ROLES, ...OPERATORS]) {
      const status = readFileSync(`/proc/${containers.pid(name)}/status`, 'utf8')
      assert.match(status, /^Uid:\s+1000\s+1000\s+1000\s+1000$/m, name)
      assert.match(status, /^CapBnd:\s+0+$/m, name)
      assert.match(status, /^NoNewPrivs:\s+1$/m, name)
    }
  })

  it('carries a message of each class to an operator, and its receipt back', async () => {
    const api = containers.url('api')
    const { userId } = await newCustomer(stack.db)
    const { text: key } = await newKey(stack.db, userId)
    await fund(stack.db, userId, 10)
    for (const type of ['normal', 'express'] as const) {
      const body = { customer_id: userId, text: 'hi', recipients: ['09128582812'], type }
      const sent = await call(api, 'POST', '/sms/send', { key, body })
      const query = `user_id=${userId}&sms_identifier=${String(sent.body['sms_identifier'])}`
      await eventually(`the ${type} message is delivered`, async () => {
        const { body: page } = await call(api, 'GET', `/sms/history?${query}`, { key })
        return (page['history'] as HistoryBody['history'])[0]?.delivery_status === 'delivered'
      })
    }
  })

  it('ends in order on SIGTERM', async () => {
    const exits = await containers.stop()
    for (const name of ['migrate', ...ROLES, ...OPERATORS])
      assert.deepEqual(exits[name], { code: 0, signal: null }, name)
  })
})
