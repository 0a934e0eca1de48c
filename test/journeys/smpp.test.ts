import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { audit } from '../../src/audit/index.ts'
import { STATUS } from '../../src/operators/smpp/codec/index.ts'
import { goodOperator, operatorThat, startPeer } from '../operators/smpp/scriptedPeer.ts'
import type { ScriptedPeer } from '../operators/smpp/scriptedPeer.ts'
import { balanceOf, history, recipients, send, topUp } from '../support/api.ts'
import { countMarked } from '../support/ending.ts'
import { startTestEngine } from '../support/engine.ts'
import type { TestEngine } from '../support/engine.ts'

const CUSTOMER = 1
const DEPOSIT = 1_000
const LONG_PERSIAN = 'سلام '.repeat(20)

describe('an engine whose operator speaks SMPP', () => {
  let engine: TestEngine
  let peer: ScriptedPeer
  const folder = mkdtempSync(join(tmpdir(), 'chapar-smpp-'))
  before(async () => {
    peer = await startPeer()
    const file = join(folder, 'operators.yml')
    writeFileSync(
      file,
      `operators: [{ name: north, protocol: smpp, url: '${peer.url}', system_id: chapar, window: 4 }]`,
    )
    engine = await startTestEngine({
      env: { OPERATORS_FILE: file, OPERATOR_A_URL: '', OPERATOR_B_URL: '', ON_UNKNOWN: 'retry' },
    })
    await topUp(engine.url, CUSTOMER, DEPOSIT)
  })
  after(async () => {
    await engine.stop()
    await peer.shut()
    rmSync(folder, { recursive: true })
  })

  it('hands over every message, all parts of each under one reference, and none twice unmarked', async () => {
    await send(engine.url, { customer_id: CUSTOMER, recipients: recipients(20), text: LONG_PERSIAN })
    await send(engine.url, { customer_id: CUSTOMER, recipients: recipients(20, 50), type: 'express' })
    await engine.drain()
    const items = await history(engine.url, `user_id=${CUSTOMER}`)
    assert.ok(items.every(({ status, provider }) => status === 'done' && provider === 'north'))
    const byNumber = Map.groupBy(peer.submitted(), ({ destinationAddr }) => destinationAddr)
    assert.equal(byNumber.size, 40)
    let repeated = 0
    for (const submitted of byNumber.values()) {
      const parts = submitted[0]?.esmClass === 0 ? 1 : 2
      // On a starved machine a call may run out of time: then the message comes again, marked.
      const times = Math.ceil(submitted.length / parts)
      if (times > 1) repeated++
      const references = new Set(submitted.map(({ shortMessage }) => parts === 2 && shortMessage[3]))
      assert.ok(submitted.length >= parts && references.size <= times)
    }
    assert.ok(repeated <= (await countMarked(engine.db)))
    assert.equal(await balanceOf(engine.url, CUSTOMER), DEPOSIT - 20 - 60)
  })

  it('fails and refunds what the operator rejects, once', async () => {
    peer.script = operatorThat({
      submit_sm: ({ sequence }, link) =>
        link.send({ command: 'submit_sm_resp', sequence, status: STATUS.RINVDSTADR }),
    })
    const before = await balanceOf(engine.url, CUSTOMER)
    const submitted = peer.submitted().length
    await send(engine.url, { customer_id: CUSTOMER, recipients: recipients(3, 100) })
    await engine.drain()
    assert.equal(await balanceOf(engine.url, CUSTOMER), before)
    assert.equal(peer.submitted().length, submitted + 3)
  })

  it('carries on after cut links, with every repeat marked, and its books balance', async () => {
    let count = 0
    peer.script = operatorThat({
      submit_sm: (pdu, link) => (++count % 11 === 0 ? link.cut() : goodOperator(pdu, link, peer)),
    })
    await send(engine.url, { customer_id: CUSTOMER, recipients: recipients(30, 200) })
    await engine.drain()
    const items = await history(engine.url, `user_id=${CUSTOMER}&limit=30`)
    assert.ok(items.every(({ status }) => status === 'done' || status === 'failed'))
    assert.equal((await audit(engine.db)).violations.length, 0)
    const links = 'chapar_operator_links{operator="north",state="configured"}'
    assert.equal(await engine.metric(links), 1)
  })
})
