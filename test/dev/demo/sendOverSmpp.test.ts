import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sendOverSmpp } from '../../../dev/demo/sendOverSmpp.ts'
import type { SmppStage } from '../../../dev/demo/sendOverSmpp.ts'
import { writeOperatorsFile } from '../../../dev/demo/operatorsFile.ts'
import { smppUrlOf, startSimulator } from '../../../dev/stack/programs.ts'
import type { Program } from '../../../dev/stack/programs.ts'
import { simulatorAdmin } from '../../../simulator/client.ts'
import { audit } from '../../../src/audit/index.ts'
import { fund } from '../../support/arrange.ts'
import { startTestEngine } from '../../support/engine.ts'
import type { TestEngine } from '../../support/engine.ts'
import { sharedSimulators } from '../../support/simulators.ts'

const ADMIN_KEY = 'the-admin-key-of-the-demonstration'
const FUNDS = 10

describe("the demonstration's message over SMPP", function () {
  this.timeout(60_000)
  const folder = mkdtempSync(join(tmpdir(), 'chapar-demo-'))
  const operatorsFile = join(folder, 'operators.yml')
  let c: Program
  let engine: TestEngine
  before(async () => {
    const [a, b] = await sharedSimulators()
    c = await startSimulator({ name: 'operator-c', smpp: { port: 0 }, logFile: join(folder, 'c.log') })
    await writeOperatorsFile(operatorsFile, { a: a.url, b: b.url, c: smppUrlOf(c) })
    const env = { OPERATORS_FILE: operatorsFile, OPERATOR_A_URL: '', OPERATOR_B_URL: '' }
    engine = await startTestEngine({
      env: { ...env, ADMIN_API_KEY: ADMIN_KEY, WEBHOOK_ALLOW_PRIVATE: 'yes' },
    })
  })
  after(async () => {
    await engine.stop()
    await c.stop()
    rmSync(folder, { recursive: true })
  })

  /** @returns what was printed, and why it ended early. */
  const show = async (customerId: number): Promise<{ lines: string; fault: string }> => {
    const lines: string[] = []
    const say = (line: string) => void lines.push(line)
    const page = {
      ...{ step: say, heading: say, say, progress: say },
      exchange: (request: string, answer: string) => say(`${request}\n${answer}`),
    }
    await fund(engine.db, customerId, FUNDS)
    const admin = simulatorAdmin(c.url)
    await admin.forget()
    const stage: SmppStage = {
      ...{ engineUrl: engine.url, adminKey: ADMIN_KEY, customerId, operatorsFile },
      ...{ c: admin, smppUrl: smppUrlOf(c) },
    }
    const fault = await sendOverSmpp(stage, page).then(
      () => '',
      ({ message }: Error) => message,
    )
    return { lines: lines.join('\n'), fault }
  }

  it('shows two parts under one reference, their receipts, and the verified events, and keeps no secret', async () => {
    const { lines, fault } = await show(1)
    assert.equal(fault, '')
    assert.match(lines, /counts one transceiver bind/)
    assert.match(lines, /prefix 98935: operator-c/)
    assert.match(lines, /2 parts of 67 and 40 characters \(ucs2\), 2 each, 4 in all/)
    assert.match(
      lines,
      /reference (\d+), part 1 of 2; 67 .*receipt: delivered\n.*reference \1, part 2 of 2; 40 /,
    )
    assert.match(lines, /"status":"DELIVERED","provider":"operator-c","parts":2,"cost_cents":4/)
    assert.match(lines, /verified 2 webhooks.*\n.*number 1: message\.sent.*\n.*number 2: message\.delivered/)
    assert.doesNotMatch(lines, /whsec_[^.]/)
    assert.deepEqual((await audit(engine.db)).violations, [])
  })

  it('ends with a reason when a part is not delivered', async () => {
    await simulatorAdmin(c.url).change({ undeliveredRate: 1 })
    assert.equal((await show(2)).fault, 'a part was not delivered')
  })
})
