import assert from 'node:assert/strict'
import type { Behaviour } from '../../../simulator/behaviour.ts'
import type { OperatorAdapter, QueryAnswer } from '../../../src/operators/contract.ts'
import { httpAdapter } from '../../../src/operators/http/adapter.ts'
import { spawnSimulator } from '../../simulator/simulatorProcess.ts'
import type { SimulatorProcess } from '../../simulator/simulatorProcess.ts'
import { message } from '../messages.ts'

const TIMEOUT_MS = 10_000
/** Of a question that is meant to run out of time. */
const SHORT_MS = 150

describe('the status route of an operator', () => {
  let simulator: SimulatorProcess
  let adapter: OperatorAdapter
  before(async () => {
    simulator = await spawnSimulator()
    adapter = httpAdapter({ name: 'a', url: simulator.url, connections: 2 })
  })
  after(async () => {
    await adapter.close()
    await simulator.stop()
  })

  const behave = (changes: Partial<Behaviour>) => simulator.admin.behave(changes)
  const ask = async (timeoutMs = TIMEOUT_MS): Promise<string> => {
    const one = message()
    await adapter.submit([one], TIMEOUT_MS)
    return describeAnswer(await adapter.query?.([one], timeoutMs))
  }

  it('says of each message whether the operator has it, also when its answer was lost', async () => {
    await behave({ dropAfterAcceptRate: 1 })
    const taken = message()
    assert.equal((await adapter.submit([taken], TIMEOUT_MS)).kind, 'unknown')
    await behave({ dropBeforeAcceptRate: 1 })
    const lost = message()
    assert.equal((await adapter.submit([lost], TIMEOUT_MS)).kind, 'unknown')
    const never = message()
    const answers = await adapter.query?.([never, taken, lost], TIMEOUT_MS)
    assert.ok(Array.isArray(answers))
    assert.deepEqual(
      answers.map(({ kind }) => kind),
      ['not_taken', 'taken', 'not_taken'],
    )
  })

  it('may not know, fail, hang, or be missing: then nothing is known', async () => {
    await behave({ statusRoute: 'forgets' })
    assert.equal(await ask(), 'it does not know')
    await behave({ statusRoute: 'fails' })
    assert.equal(await ask(), 'fault: HTTP 500')
    await behave({ statusRoute: 'hangs' })
    assert.equal(await ask(SHORT_MS), 'fault: no answer within 150 ms')
    await behave({ statusRoute: 'missing' })
    assert.equal(await ask(), 'HTTP 404')
  })

  it('is out of service with the operator', async () => {
    await behave({ outage: 'http503' })
    assert.equal(await ask(), 'fault: HTTP 503')
    await behave({ outage: 'drop' })
    assert.match(await ask(), /^fault: /)
  })
})

function describeAnswer(answers: QueryAnswer[] | { fault: string } | undefined): string {
  assert.ok(answers, 'it can be asked')
  if ('fault' in answers) return `fault: ${answers.fault}`
  const [answer] = answers
  return answer?.kind === 'not_known' ? answer.reason : String(answer?.kind)
}
