import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { RECEIPTS_DEFAULT } from '../../../src/operators/index.ts'
import { Unavailable } from '../../../src/primitives/unavailable.ts'
import { templateOf } from '../../operators/httpTemplate/templateOf.ts'
import { problemOf } from '../../support/app.ts'
import { serveReceipts } from './serveReceipts.ts'

const SECRET = 'secret-of-operator-a'
const PATH = '/operators/a/receipts'

describe('POST /operators/{name}/receipts', () => {
  const SENDER = {
    ...{ name: 'a', protocol: 'chapar-http' as const },
    receipts: { ...RECEIPTS_DEFAULT, secret: SECRET },
  }
  const serve = (store?: () => Promise<void>) => {
    const served = serveReceipts({ senders: [SENDER], ...(store && { store }) })
    const post = (body: string, secret = SECRET, type = 'application/json') =>
      served.app.post(PATH).set('Authorization', `Bearer ${secret}`).set('Content-Type', type).send(body)
    return { ...served, post }
  }

  it('200: stores the body as it came, whatever is in it', async () => {
    const { stored, post } = serve()
    const body = '{ "message_id": 18858926273619457,  "status": "on its way" }'
    await post(body).expect(200, { status: 'stored' })
    await post(`[${body}, {}]`).expect(200)
    await post(body, SECRET, 'text/plain').expect(200)
    assert.deepEqual(
      stored,
      [body, `[${body}, {}]`, body].map((raw) => ({ operator: 'a', protocol: 'chapar-http', raw })),
    )
  })

  it('503: is not answered with 200 unless it is stored', async () => {
    const { post } = serve(() => Promise.reject(new Unavailable('database_unavailable', 'Not now.')))
    problemOf(await post('{}'), 503, 'database_unavailable')
  })

  it('400: refuses what cannot be receipts, and stores nothing', async () => {
    const { stored, post } = serve()
    for (const body of ['', '{', '[]', '7', '[null]']) problemOf(await post(body), 400, 'malformed_receipts')
    assert.deepEqual(stored, [])
  })

  it('401: tells a stranger nothing, and counts it', async () => {
    const { stored, post, refused } = serve()
    problemOf(await post('{}', 'wrong'), 401, 'invalid_secret')
    assert.deepEqual([stored, refused], [[], ['invalid_secret']])
  })

  it('413: bounds a body by its bytes and its values', async () => {
    const { post } = serve()
    problemOf(await post(`"${'x'.repeat(1_048_576)}"`), 413, 'body_too_large')
    problemOf(await post(`[${'1,'.repeat(30_000)}1]`), 413, 'body_too_large')
  })
})

describe('the receipts of an operator of the protocol http-template', () => {
  const serve = (receipts: object) => {
    const template = templateOf({
      receipts: {
        ...{ secret: SECRET, identifier: 'id', status: 's', statuses: { delivered: ['1'] } },
        ...receipts,
      },
    })
    assert.ok(template.receipts)
    const sender = { name: 'a', protocol: 'http-template' as const, receipts: template.receipts }
    return serveReceipts({ senders: [sender] })
  }
  const raws = (stored: { raw: string }[]) => stored.map(({ raw }) => raw)

  it('may stand in a query, which is stored without the secret', async () => {
    const { app, stored } = serve({ from: 'query', answer: { status: 202, body: 'OK' } })
    const answer = await app.get(`${PATH}?id=7%2b1&s=1&secret=${SECRET}&x=?`).expect(202, 'OK')
    assert.match(String(answer.get('Content-Type')), /^text\/plain/)
    await app.post(`${PATH}?secret=${SECRET}&id=8&s=1`).expect(202)
    assert.deepEqual(raws(stored), ['id=7%2b1&s=1&x=?', 'id=8&s=1'])
  })

  it('may stand in a form or a document, in whatever type it comes', async () => {
    for (const [from, body] of [
      ['form', 'id=7&s=1'],
      ['json', '{"id":7,"s":1}'],
    ] as const) {
      const pointers = from === 'json' ? { identifier: '/id', status: '/s' } : {}
      const { app, stored } = serve({ from, ...pointers })
      const answer = await app.post(`${PATH}?secret=${SECRET}`).type('text').send(body).expect(200)
      assert.deepEqual([answer.text, raws(stored)], ['', [body]])
      problemOf(await app.get(`${PATH}?secret=${SECRET}&id=7&s=1`), 400, 'malformed_receipts')
    }
  })

  it('are refused without the secret, before anything is stored', async () => {
    const { app, stored, refused } = serve({ from: 'query' })
    for (const query of ['id=7&s=1', 'id=7&s=1&secret=wrong', `id=7&s=1&secret=${SECRET}x`])
      problemOf(await app.get(`${PATH}?${query}`), 401, 'invalid_secret')
    problemOf(await app.get(`/operators/b/receipts?id=7&secret=${SECRET}`), 401, 'invalid_secret')
    assert.deepEqual([stored, refused.length], [[], 4])
  })

  it('are refused without their signature, byte for byte', async () => {
    const { app, stored, refused } = serve({ from: 'form', signature: { header: 'X-Signature' } })
    const body = 'id=7&s=1'
    const signature = createHmac('sha256', SECRET).update(body).digest('hex')
    const post = (text: string) => app.post(PATH).type('form').set('X-Signature', signature).send(text)
    await post(body).expect(200)
    problemOf(await post('s=1&id=7'), 403, 'invalid_signature')
    problemOf(await app.post(`${PATH}?secret=${SECRET}`).type('form').send(body), 403, 'invalid_signature')
    assert.deepEqual([raws(stored), refused], [[body], ['invalid_signature', 'invalid_signature']])
  })
})
