import assert from 'node:assert/strict'
import request from 'supertest'
import { testApp } from '../../support/app.ts'

describe('the page to read and try the API', () => {
  const { app } = testApp([], { openapi: { openapi: '3.1.0', paths: {} } })

  it('stands at /swagger/index.html, and /swagger leads there', async () => {
    const page = await request(app)
      .get('/swagger/index.html')
      .expect(200)
      .expect('Content-Type', /text\/html/)
    assert.match(page.text, /swagger-ui/)
    for (const path of ['/swagger', '/swagger/']) {
      await request(app).get(path).expect(302).expect('Location', '/swagger/index.html')
    }
  })

  it('is made of local files alone: all that it names is served here', async () => {
    const { text } = await request(app).get('/swagger/index.html')
    const named = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address = '']) => address)
    assert.ok(named.length >= 6)
    for (const address of named) {
      assert.doesNotMatch(address, /\/\//)
      await request(app).get(new URL(address, 'http://x/swagger/').pathname).expect(200)
    }
  })

  it('shows our document, and asks no validator elsewhere', async () => {
    const { text } = await request(app)
      .get('/swagger/swagger-initializer.js')
      .expect('Content-Type', /javascript/)
    assert.match(text, /url: '\.\.\/openapi\.json'/)
    assert.match(text, /validatorUrl: null/)
    assert.doesNotMatch(text, /petstore|https?:/)
    const document = await request(app)
      .get('/openapi.json')
      .expect('Content-Type', /^application\/json/)
    assert.deepEqual(document.body, { openapi: '3.1.0', paths: {} })
  })

  it('serves nothing else of the package, and nothing by another method', async () => {
    for (const path of [
      'package.json',
      'swagger-ui-bundle.js.map',
      '..%2fpackage.json',
      '%2e%2e/package.json',
    ]) {
      await request(app).get(`/swagger/${path}`).expect(404)
    }
    await request(app).post('/openapi.json').expect(405).expect('Allow', 'GET, HEAD, OPTIONS')
  })

  it('is not there in a process that has no API', async () => {
    const { app: other } = testApp([])
    for (const path of ['/swagger/index.html', '/openapi.json']) await request(other).get(path).expect(404)
  })
})
