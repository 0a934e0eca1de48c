import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { readAdminLog } from '../../src/accounts/index.ts'
import { announceOperators, followControls } from '../../src/operators/index.ts'
import type { OperatorControl } from '../../src/operators/index.ts'
import { operatorOf } from '../operators/operatorOf.ts'
import { SILENT_EVENTS } from '../operators/silentEvents.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'

interface Ended {
  code: number
  stdout: string
  stderr: string
}

async function run(program: string, env: Record<string, string>, args: string[]): Promise<Ended> {
  try {
    const ended = await promisify(execFile)(
      process.execPath,
      ['--require', './src/runtime.cjs', program, ...args],
      { env: { PATH: process.env['PATH'], ...env } },
    )
    return { code: 0, ...ended }
  } catch (error) {
    return error as Ended
  }
}

describe('npm run operators', function () {
  // Each command is a process of its own.
  this.timeout(300_000)
  let stack: Stack
  before(async () => {
    stack = await freshStack()
    await announceOperators(stack.db, [at('a'), at('b')])
  })
  after(() => stack.drop())

  const at = (name: string) => operatorOf({ name, url: 'http://operator' })
  const operators = (...args: string[]) =>
    run('src/controlOperators.ts', { DATABASE_URL: stack.databaseUrl }, args)
  const list = async () => JSON.parse((await operators('list')).stdout) as Record<string, unknown>[]

  it('pauses, drains, resumes and weights, with who did it and why, and each consumer follows', async () => {
    let controls = new Map<string, OperatorControl>()
    const follower = followControls(
      stack.db,
      { control: (next) => (controls = new Map(next)) },
      SILENT_EVENTS,
    )
    assert.equal(await follower.refresh(), true)
    assert.equal(await follower.refresh(), false)
    for (const [command, state] of [
      ['pause', 'paused'],
      ['drain', 'drained'],
      ['resume', 'active'],
    ] as const) {
      const ended = await operators(command, 'a', '--reason', `to ${command}`)
      assert.equal(ended.code, 0, ended.stderr)
      const printed = JSON.parse(ended.stdout) as Record<string, unknown>
      assert.deepEqual([printed['state'], printed['reason']], [state, `to ${command}`])
      assert.equal(await follower.refresh(), true)
      assert.deepEqual(
        [...controls].map(([name, control]) => [name, control.state]),
        [
          ['a', state],
          ['b', 'active'],
        ],
      )
    }
    await operators('weight', 'a', '50', '--reason', 'half')
    assert.equal(await follower.refresh(), true)
    assert.deepEqual(
      [...controls].map(([name, { weight }]) => [name, weight]),
      [
        ['a', 50],
        ['b', 100],
      ],
    )
    const { items } = await readAdminLog(stack.db, { limit: 1 })
    assert.deepEqual(items[0]?.details, { operator: 'a', weight: 50, reason: 'half' })
    assert.match(items[0].actor, /^admin command by \w/)
  })

  it('keeps what was made of an operator that its file no longer has, and forgets the others', async () => {
    await operators('pause', 'b', '--reason', 'why')
    await announceOperators(stack.db, [at('a'), at('c')])
    await announceOperators(stack.db, [at('a')])
    assert.deepEqual(
      (await list()).map(({ name, state }) => [name, state]),
      [
        ['a', 'active'],
        ['b', 'paused'],
      ],
    )
  })

  it('says what is wrong, and changes nothing', async () => {
    for (const [args, code, complaint] of [
      [['pause', 'z', '--reason', 'why'], 1, /No consumer is configured with such an operator/],
      [['pause', 'a'], 1, /reason/],
      [['weight', 'a', 'x', '--reason', 'why'], 1, /weight must be a whole number/],
      [['pause'], 2, /usage: pause NAME/],
      [['stop', 'a'], 2, /there is no command "stop"/],
      [[], 2, /say which command/],
    ] as const) {
      const ended = await operators(...args)
      assert.equal(ended.code, code, `${args.join(' ')}: ${ended.stderr}`)
      assert.match(ended.stderr, complaint)
    }
  })
})

describe('npm run route', function () {
  this.timeout(300_000)
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'chapar-route-'))
    writeFileSync(
      join(folder, 'operators.yml'),
      `
operators:
  - { name: mci, url: "http://\${UNKNOWN_HERE}" }
  - { name: irancell, url: "http://irancell", receipts: { secret: "\${UNKNOWN_TOO}" } }
routes:
  - { prefix: 98912, class: express, operators: [mci, irancell] }
  - { prefix: 98, customer: 7, operators: [irancell] }
`,
    )
  })
  after(() => rmSync(folder, { recursive: true }))

  const route = (...args: string[]) =>
    run('src/explainRoute.ts', { OPERATORS_FILE: join(folder, 'operators.yml') }, args)

  it('explains the choice, without a database and without secrets', async () => {
    const chosen = await route('+989121234567', 'express')
    assert.deepEqual([chosen.code, chosen.stdout], [0, 'prefix 98912, express: mci, then irancell\n'])
    const own = await route('989121234567', 'normal', '--customer', '7')
    assert.equal(own.stdout, 'prefix 98, customer 7: irancell\n')
    const none = await route('+447911123456', 'normal')
    assert.deepEqual([none.code, none.stdout], [1, 'no route\n'])
  })

  it('places what is paused or drained last and says so, once it is asked what holds at the moment', async () => {
    const stack = await freshStack()
    try {
      const names = ['mci', 'irancell', 'rightel']
      await announceOperators(
        stack.db,
        names.map((name) => operatorOf({ name, url: 'http://operator' })),
      )
      const file = join(folder, 'held.yml')
      writeFileSync(
        file,
        `
operators:
${names.map((name) => `  - { name: ${name}, url: "http://operator", prices: [{ prefix: 98912, price: 9 }] }`).join('\n')}
routes:
  - { prefix: 98912, operators: [mci, irancell], strategy: weighted, weights: { mci: 99, irancell: 1 } }
  - { prefix: 98913, operators: [mci, irancell], strategy: weighted, weights: { mci: 1, irancell: 0 }, health: false }
  - { prefix: 98, operators: [mci, irancell, rightel] }
`,
      )
      const env = { OPERATORS_FILE: file, DATABASE_URL: stack.databaseUrl }
      const explain = (...args: string[]) => run('src/explainRoute.ts', env, [...args, 'normal'])
      for (const [command, name] of [
        ['pause', 'mci'],
        ['drain', 'irancell'],
      ] as const)
        await run('src/controlOperators.ts', env, [command, name, '--reason', 'why'])
      const plain = await explain('989351234567', '--health')
      assert.equal(
        plain.stdout,
        'prefix 98: rightel, then mci, then irancell\n  mci: paused, gets nothing\n  irancell: drained, gets nothing\n',
      )
      assert.equal((await explain('989351234567')).stdout, 'prefix 98: mci, then irancell, then rightel\n')
      await run('src/controlOperators.ts', env, ['resume', 'irancell', '--reason', 'why'])
      assert.equal(
        (await explain('989121234567', '--health')).stdout,
        [
          'prefix 98912, by weight: irancell, then mci',
          '  irancell: weight 1, first for 100 %, health keeps 100 %, 9 a part',
          '  mci: paused, gets nothing, weight 99, first for 0 %, health keeps 100 %, 9 a part',
          '',
        ].join('\n'),
      )
      assert.match(
        (await explain('989131234567', '--health')).stdout,
        /: irancell, then mci\n {2}irancell: weight 0, first for 100 %.*\n {2}mci: paused, .*first for 0 %/,
      )
    } finally {
      await stack.drop()
    }
  })

  it('says what is wrong', async () => {
    for (const [args, complaint] of [
      [['12', 'normal'], /5 to 15 digits/],
      [['+989121234567', 'urgent'], /normal or express|express or normal/],
      [['+989121234567', 'normal', '--customer', 'x'], /its number/],
    ] as const) {
      const ended = await route(...args)
      assert.equal(ended.code, 2)
      assert.match(ended.stderr, complaint)
    }
    const byUrl = { OPERATOR_A_URL: 'http://a', OPERATOR_B_URL: 'http://b' }
    const { stdout } = await run('src/explainRoute.ts', byUrl, ['+989121234567', 'normal'])
    assert.equal(stdout, 'all numbers: operator-a, then operator-b\n')
  })
})
