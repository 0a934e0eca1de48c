import assert from 'node:assert/strict'
import request from 'supertest'
import type { Response } from 'supertest'
import { answerJson } from '../../../src/platform/http/index.ts'
import type { Route } from '../../../src/platform/http/index.ts'
import { testApp } from '../../support/app.ts'

const route: Route = {
  method: 'post',
  path: '/here',
  access: 'public',
  handle: (_request, response) => answerJson(response, {}),
}
const { app } = testApp([route], { openapi: { openapi: '3.1.0', paths: {} } })

/** What every answer says to browsers, whatever it is. */
function assertGuarded(response: Response): void {
  assert.equal(response.get('X-Content-Type-Options'), 'nosniff')
  assert.equal(response.get('Referrer-Policy'), 'no-referrer')
  assert.equal(response.get('Cross-Origin-Resource-Policy'), 'same-origin')
  assert.match(response.get('Content-Security-Policy') ?? '', /frame-ancestors 'none'/)
  assert.equal(response.get('X-Powered-By'), undefined)
  assert.equal(response.get('Server'), undefined)
  assert.equal(response.get('Access-Control-Allow-Origin'), undefined)
}

describe('an answer in a browser', () => {
  it('may load nothing, not be framed or cached, and is what its type says', async () => {
    for (const response of [
      await request(app).post('/here').send({}),
      await request(app).post('/here').type('json').send('{'),
      await request(app).get('/here'),
      await request(app).options('/here'),
      await request(app).get('/nowhere'),
      await request(app).get('/openapi.json'),
      await request(app).get('/swagger'),
    ]) {
      assertGuarded(response)
      assert.match(response.get('Content-Security-Policy') ?? '', /default-src 'none'/)
      assert.equal(response.get('Cache-Control'), 'no-store')
    }
  })

  it('may load files of ours when it is the page to read and try the API, and nothing else', async () => {
    for (const asset of ['index.html', 'swagger-ui-bundle.js', 'swagger-ui.css', 'favicon-16x16.png']) {
      const response = await request(app).get(`/swagger/${asset}`).expect(200)
      assertGuarded(response)
      assert.match(response.get('Content-Security-Policy') ?? '', /default-src 'self'/)
      assert.doesNotMatch(response.get('Content-Security-Policy') ?? '', /script-src|unsafe-eval|https?:|\*/)
      assert.equal(response.get('Cache-Control'), 'public, max-age=3600')
    }
  })
})
