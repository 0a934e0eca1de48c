import assert from 'node:assert/strict'
import request from 'supertest'
import { answerJson, keyRequired } from '../../../src/platform/http/index.ts'
import type { Route } from '../../../src/platform/http/index.ts'
import { accessOf } from '../../accounts/accessOf.ts'
import { problemOf, testApp } from '../../support/app.ts'

function routeAt(path: string, method: Route['method'] = 'get'): Route {
  return {
    method,
    path,
    access: 'read',
    handle: (incoming, response, access) =>
      answerJson(response, { id: incoming.params['id'], customer: access.customer?.userId }),
  }
}

describe('a route', () => {
  it('gets the access that was decided for its request', async () => {
    const { app } = testApp([routeAt('/things/:id')], { authorize: () => accessOf({ userId: 7 }) })
    assert.deepEqual((await request(app).get('/things/a')).body, { id: 'a', customer: 7 })
  })

  it('under /v1 is also served under /api/v1, and counted and logged as itself', async () => {
    const { app, log, metrics } = testApp([routeAt('/v1/things/:id'), routeAt('/things')])
    assert.equal((await request(app).get('/api/v1/things/a?x=1').expect(200)).body.id, 'a')
    assert.equal((await request(app).post('/api/v1/things/a').expect(405)).get('Allow'), 'GET, HEAD, OPTIONS')
    for (const path of ['/api/things', '/api/v1/other', '/api/v1', '/api/api/v1/things/a'])
      problemOf(await request(app).get(path), 404, 'not_found')
    assert.match(await metrics.registry.metrics(), /route="\/v1\/things\/:id",status="200"/)
    assert.equal(log.lines()[0]?.['route'], '/v1/things/:id')
  })

  it('waits for a decision that takes a while, and is not reached when it is refused', async () => {
    const authorize = async () => {
      await Promise.resolve()
      throw keyRequired()
    }
    const { app } = testApp([routeAt('/things/:id')], { authorize })
    problemOf(await request(app).get('/things/a'), 401, 'key_required')
  })

  it('is refused before its body is read', async () => {
    const authorize = () => {
      throw keyRequired()
    }
    const { app } = testApp([routeAt('/things', 'post')], { authorize })
    problemOf(await request(app).post('/things').type('json').send('{'), 401, 'key_required')
  })

  it('that needs a key is not mounted where nothing checks keys', () => {
    assert.throws(
      () => testApp([routeAt('/things')], { authorize: undefined as never }),
      /nothing checks keys/,
    )
  })

  it('refuses a parameter of its path that cannot be decoded', async () => {
    const { app } = testApp([routeAt('/things/:id')])
    for (const path of ['/things/%', '/things/%E0%A4%A', '/things/%ff'])
      problemOf(await request(app).get(path), 400, 'malformed_request')
  })
})
