import assert from 'node:assert/strict'
import type { Broker, Engine } from '../../../dev/servers/catalogue.ts'
import { chooseEngines } from '../../../dev/servers/chooseEngines.ts'
import { UnsupportedPlatform } from '../../../dev/servers/platform.ts'
import { ServerNotAvailable } from '../../../dev/servers/unpack.ts'

/** The archive's answers, the one thing here that is not ours; it remembers what was asked for. */
function archive(missing: Record<string, Error> = {}) {
  const asked: string[] = []
  const answer = async (name: Engine | Broker) => {
    asked.push(name)
    if (missing[name]) throw missing[name]
    return Promise.resolve()
  }
  return { asked, fetch: { engine: answer, broker: answer } }
}

const gone = (what: string) => new ServerNotAvailable(`${what} could not be fetched (no route)`)

describe('choosing engines', () => {
  it('takes MySQL 9.7 and RabbitMQ 4.3 when nothing is said', async () => {
    const { asked, fetch } = archive()
    assert.deepEqual(await chooseEngines({}, { mayFallBack: true, fetch }), {
      engine: 'mysql',
      broker: '4.3',
    })
    assert.deepEqual(asked.sort(), ['4.3', 'mysql'])
  })

  it('takes what DB_ENGINE and BROKER name, and refuses what they cannot mean', async () => {
    const { fetch } = archive()
    const env = { DB_ENGINE: 'mariadb', BROKER: '3.10' }
    assert.deepEqual(await chooseEngines(env, { mayFallBack: true, fetch }), {
      engine: 'mariadb',
      broker: '3.10',
    })
    const wrong = chooseEngines({ DB_ENGINE: 'postgres' }, { mayFallBack: true, fetch })
    await assert.rejects(wrong, { message: 'DB_ENGINE must be mysql or mariadb, not "postgres"' })
    await assert.rejects(
      chooseEngines({ BROKER: '4' }, { mayFallBack: true, fetch }),
      /BROKER must be 4\.3 or 3\.10/,
    )
  })

  it('falls back to the other one where that is allowed, and says which and why', async () => {
    const { fetch } = archive({ mysql: gone('MySQL 9.7') })
    assert.deepEqual(await chooseEngines({}, { mayFallBack: true, fetch }), {
      engine: 'mariadb',
      broker: '4.3',
      fallback: 'MySQL 9.7 could not be fetched (no route): this ran on MariaDB 10.11 instead',
    })
  })

  const strict: [string, NodeJS.ProcessEnv, boolean][] = [
    ['where it is not allowed', {}, false],
    ['for what was asked for by name', { DB_ENGINE: 'mysql' }, true],
    ['with CI=true', { CI: 'true' }, true],
  ]
  for (const [when, env, mayFallBack] of strict) {
    it(`does not fall back ${when}`, async () => {
      const { asked, fetch } = archive({ mysql: gone('MySQL 9.7') })
      await assert.rejects(chooseEngines(env, { mayFallBack, fetch }), ServerNotAvailable)
      assert.equal(asked.includes('mariadb'), false)
    })
  }

  it('gives the first reason when neither is to be had', async () => {
    const { fetch } = archive({ '4.3': gone('RabbitMQ 4.3'), '3.10': gone('RabbitMQ 3.10') })
    await assert.rejects(
      chooseEngines({}, { mayFallBack: true, fetch }),
      /^ServerNotAvailable|RabbitMQ 4\.3 could not/,
    )
  })

  it('does not try the other one on a machine where none can run', async () => {
    const { asked, fetch } = archive({ mysql: new UnsupportedPlatform('only on Debian') })
    await assert.rejects(chooseEngines({}, { mayFallBack: true, fetch }), UnsupportedPlatform)
    assert.equal(asked.includes('mariadb'), false)
  })
})
