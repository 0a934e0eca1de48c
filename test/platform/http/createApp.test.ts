import assert from 'node:assert/strict'
import request from 'supertest'
import { answerJson } from '../../../src/platform/http/index.ts'
import type { Route } from '../../../src/platform/http/index.ts'
import { Problem } from '../../../src/primitives/problem.ts'
import { Unavailable } from '../../../src/primitives/unavailable.ts'
import { problemOf, testApp } from '../../support/app.ts'
import type { ProblemBody } from '../../support/app.ts'
import { eventually } from '../../support/eventually.ts'

const echo: Route = {
  method: 'post',
  path: '/echo',
  access: 'public',
  handle: (incoming, response) => answerJson(response, { body: incoming.body as unknown }),
}

/** Throws it as it is, also what is no error: a library may. */
function throwing(error: unknown): Route {
  const handle = async () => {
    await Promise.resolve()
    throw error
  }
  return { method: 'get', path: '/throws', access: 'public', handle }
}

describe('every answer', () => {
  it('names its request: by an id of ours, or by the client’s when that is a sane one', async () => {
    const { app } = testApp([echo])
    const ours = (await request(app).post('/echo').send({})).get('X-Request-Id')
    assert.match(ours ?? '', /^[0-9a-f]{8}-/)
    const theirs = await request(app).post('/echo').set('X-Request-Id', 'order-17.a_B').send({})
    assert.equal(theirs.get('X-Request-Id'), 'order-17.a_B')
    for (const odd of ['', 'a b', 'x'.repeat(65), '"quoted"', '{}']) {
      const response = await request(app).post('/echo').set('X-Request-Id', odd).send({})
      assert.match(response.get('X-Request-Id') ?? '', /^[0-9a-f]{8}-/)
    }
  })

  it('does not name its server software, and is not cached', async () => {
    const response = await request(testApp([echo]).app)
      .post('/echo')
      .send({})
    assert.equal(response.get('X-Powered-By'), undefined)
    assert.equal(response.get('ETag'), undefined)
    assert.equal(response.get('Cache-Control'), 'no-store')
    assert.equal(response.get('X-Content-Type-Options'), 'nosniff')
  })
})

describe('an address', () => {
  it('that is unknown is answered with 404', async () => {
    const { app } = testApp([echo])
    for (const path of ['/', '/nowhere', '/echo/more', '/%00', '/..%2f..%2fetc/passwd', '/%E0%A4%A']) {
      problemOf(await request(app).get(path), 404, 'not_found')
    }
  })

  it('with another method is answered with 405, the allowed methods and a sentence that names them', async () => {
    const { app } = testApp([echo, throwing(new Error())])
    const onPost = await request(app).get('/echo')
    assert.equal(problemOf(onPost, 405, 'method_not_allowed').detail, 'Method not allowed; use POST.')
    assert.equal(onPost.get('Allow'), 'POST, OPTIONS')
    const onGet = await request(app).delete('/throws')
    assert.equal(problemOf(onGet, 405, 'method_not_allowed').detail, 'Method not allowed; use GET.')
    assert.equal(onGet.get('Allow'), 'GET, HEAD, OPTIONS')
    const options = await request(app).options('/echo')
    assert.equal(options.status, 204)
    assert.equal(options.get('Allow'), 'POST, OPTIONS')
  })
})

describe('an error', () => {
  it('of ours is answered with 500 and the request id, without a word of it; the log has it whole; the process lives', async () => {
    const { app, log } = testApp([throwing(new TypeError('cannot read secrets')), echo])
    const response = await request(app).get('/throws').set('X-Request-Id', 'find-me')
    const problem = problemOf(response, 500, 'internal_error')
    assert.equal(problem.request_id, 'find-me')
    assert.doesNotMatch(response.text, /secrets|TypeError|\.ts/)
    const line = log.lines().find((candidate) => candidate['request_id'] === 'find-me')
    const error = line?.['error'] as { name: string; message: string; stack: string }
    assert.equal(line?.['level'], 'error')
    assert.deepEqual([error.name, error.message], ['TypeError', 'cannot read secrets'])
    assert.match(error.stack, /createApp\.test/)
    assert.equal((await request(app).post('/echo').send({})).status, 200)
  })

  it('of ours is one also when what was thrown is no error', async () => {
    for (const thrown of [undefined, null, 'words', 42, { status: 404 }, { status: 404.5, expose: 'x' }]) {
      const { app } = testApp([throwing(thrown)])
      problemOf(await request(app).get('/throws'), 500, 'internal_error')
    }
  })

  it('Unavailable is answered with 503 and Retry-After in whole seconds', async () => {
    const unavailable = new Unavailable('database_unavailable', 'The database is away.', {
      retryAfterSeconds: 1.2,
    })
    const { app, log } = testApp([throwing(unavailable)])
    const response = await request(app).get('/throws')
    assert.equal(problemOf(response, 503, 'database_unavailable').detail, 'The database is away.')
    assert.equal(response.get('Retry-After'), '2')
    assert.equal(log.lines()[0]?.['level'], 'warn')
  })

  it('that is a problem is answered as it says, with its members and headers', async () => {
    const extras = { members: { cost: 3, balance: 1 }, headers: { 'X-Extra': 'yes' } }
    const { app } = testApp([throwing(new Problem(402, 'insufficient_balance', 'Too little.', extras))])
    const response = await request(app).get('/throws')
    const problem = problemOf(response, 402, 'insufficient_balance') as ProblemBody & {
      cost: number
      balance: number
    }
    assert.deepEqual([problem.cost, problem.balance, problem.title], [3, 1, 'Insufficient balance'])
    assert.equal(response.get('X-Extra'), 'yes')
  })

  it('in the middle of an answer cuts the connection instead of completing a wrong answer', async () => {
    const half: Route = {
      method: 'get',
      path: '/half',
      access: 'public',
      handle: (_request, response) => {
        response.set('Content-Type', 'text/plain').write('half')
        throw new Error('in the middle')
      },
    }
    const { app, log } = testApp([half])
    await assert.rejects(async () => await request(app).get('/half'))
    await eventually('it is logged', () => log.lines().length > 0)
    assert.equal(log.lines()[0]?.['level'], 'error')
  })
})

describe('requests', () => {
  it('are counted by route pattern, never by what a client typed', async () => {
    const { app, metrics } = testApp([echo])
    await request(app).post('/echo?user_id=1').send({})
    await request(app).get('/echo')
    await request(app).get('/09128582812')
    await request(app).propfind('/elsewhere')
    const text = await metrics.registry.metrics()
    const counted = [...text.matchAll(/^http_request_duration_seconds_count(\{.*\}) (\d+)$/gm)].map(
      ([, labels]) => labels,
    )
    assert.deepEqual(counted, [
      '{method="POST",route="/echo",status="200"}',
      '{method="GET",route="/echo",status="405"}',
      '{method="GET",route="unknown",status="404"}',
      '{method="OTHER",route="unknown",status="404"}',
    ])
  })

  it('get one log line each on a quiet system, and on a busy one only so many a second', async () => {
    const { app, log } = testApp([echo])
    const server = app.listen(0, '127.0.0.1')
    try {
      for (let i = 0; i < 100; i++) await request(server).post('/echo').send({ text: 'secret words' })
    } finally {
      server.close()
    }
    const lines = log.lines()
    assert.ok(lines.length >= 20, `${lines.length} lines`)
    assert.deepEqual(
      { ...lines[0], time: '', request_id: '', duration_ms: 0 },
      {
        time: '',
        level: 'info',
        message: 'request',
        service: 'chapar',
        version: '0.0.0',
        request_id: '',
        method: 'POST',
        route: '/echo',
        status: 200,
        duration_ms: 0,
      },
    )
    assert.doesNotMatch(log.text(), /secret/)
    const leftOut = lines.reduce((sum, line) => sum + Number(line['lines_left_out'] ?? 0), 0)
    assert.ok(lines.length + leftOut <= 100)
  })
})
