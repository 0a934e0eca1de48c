import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { audit } from '../../src/audit/index.ts'
import { newCustomer, newKey } from '../accounts/arrangeAccounts.ts'
import { openAcceptingGateway } from '../operators/conformance/acceptingGateway.ts'
import type { AcceptingGateway, TakenMessage } from '../operators/conformance/acceptingGateway.ts'
import { KAVENEGAR } from '../operators/conformance/gateways/kavenegar.ts'
import { PLAIN_TEXT } from '../operators/conformance/gateways/plainText.ts'
import { ACCOUNT_SID, TWILIO } from '../operators/conformance/gateways/twilio.ts'
import { VONAGE } from '../operators/conformance/gateways/vonage.ts'
import { call } from '../support/api.ts'
import { fund } from '../support/arrange.ts'
import { eventually } from '../support/eventually.ts'
import { startTestEngine } from '../support/engine.ts'
import type { TestEngine } from '../support/engine.ts'

/** As the examples in docs/operators name them, and the doubles expect them. */
const ENVIRONMENT = {
  ...{ VONAGE_API_KEY: 'key', VONAGE_API_SECRET: 's&cret=', VONAGE_RECEIPTS_SECRET: 'the-secret-of-vonage' },
  ...{ KAVENEGAR_API_KEY: 'k/ey', KAVENEGAR_RECEIPTS_SECRET: 'the-secret-of-kavenegar' },
  ...{ TWILIO_TOKEN: 'token', TEXT_KEY: 'key', TEXT_SECRET: 'the-secret-of-plain-text' },
}
const STATUS_CALLBACK = 'https://sms.example/webhooks/twilio'
/** By the number's prefix. */
const PREFIXES = { vonage: '98911', kavenegar: '98912', twilio: '98913', text: '98914' }
type Name = keyof typeof PREFIXES
const THREE_PARTS = 'سلام '.repeat(28)

describe('an engine whose operators are public gateways', () => {
  const folder = mkdtempSync(join(tmpdir(), 'chapar-gateways-'))
  let gateways: Record<Name, AcceptingGateway>
  let engine: TestEngine
  let key: string
  before(async () => {
    gateways = {
      vonage: await openAcceptingGateway({ ...VONAGE, nameOf: (n) => `0A0000000123${1_000 + n}B` }),
      kavenegar: await openAcceptingGateway({ ...KAVENEGAR, nameOf: (n) => (8_792_342 + n).toString(16) }),
      twilio: await openAcceptingGateway({ ...TWILIO, nameOf: String }),
      text: await openAcceptingGateway({ ...PLAIN_TEXT, nameOf: (n) => String(6_264_591_200_000_000 + n) }),
    }
    Object.assign(process.env, ENVIRONMENT)
    const file = join(folder, 'operators.yml')
    writeFileSync(file, operatorsFile(gateways))
    engine = await startTestEngine({ env: { OPERATORS_FILE: file, OPERATOR_A_URL: '', OPERATOR_B_URL: '' } })
    await fund(engine.db, 1, 1_000)
    await newCustomer(engine.db, 'One', 1)
    key = (await newKey(engine.db, 1)).text
  })
  after(async () => {
    await engine.stop()
    await Promise.all(Object.values(gateways).map((gateway) => gateway.close()))
    for (const name of Object.keys(ENVIRONMENT)) Reflect.deleteProperty(process.env, name)
    rmSync(folder, { recursive: true })
  })

  const send = async (name: Name, text = 'hi'): Promise<{ id: string; taken: TakenMessage }> => {
    const to = `+${PREFIXES[name]}0000001`
    const { body, text: answer } = await call(engine.url, 'POST', '/v1/messages', { key, body: { to, text } })
    const { message_id: id } = body as { message_id?: string }
    assert.ok(id, answer)
    await engine.drain()
    assert.equal(await statusOf(id), 'SENT')
    const taken = gateways[name].taken.at(-1)
    assert.ok(taken)
    return { id, taken }
  }
  const read = async (id: string) => (await call(engine.url, 'GET', `/v1/messages/${id}`, { key })).body
  const statusOf = async (id: string) => (await read(id))['status']
  const becomes = (id: string, status: string) =>
    eventually(`it is ${status}`, async () => (await statusOf(id)) === status)
  const post = (path: string, body: string, headers: Record<string, string>) =>
    fetch(engine.url + path, { method: 'POST', body, headers })
  const waits = () => engine.metric('chapar_receipts_total{operator="vonage",result="applied"}')

  const toVonage = async (identifier: string | undefined, taken: TakenMessage, changes: object = {}) => {
    const receipt = {
      ...{ msisdn: taken.message.to, to: 'Example', 'network-code': '43211', messageId: identifier },
      ...{ price: '0.03330000', status: 'delivered', scts: '2601190831', 'err-code': '0' },
      ...{ 'message-timestamp': '2026-01-19 08:31:04', 'api-key': 'key' },
      'client-ref': new URLSearchParams(taken.request.body).get('client-ref'),
      ...changes,
    }
    const path = `/operators/vonage/receipts?secret=${ENVIRONMENT.VONAGE_RECEIPTS_SECRET}`
    const answer = await post(path, JSON.stringify(receipt), { 'content-type': 'application/json' })
    assert.equal(answer.status, 200)
  }

  it('shows messages as delivered by Vonage, which reports each part', async () => {
    const short = await send('vonage')
    await toVonage(short.taken.identifiers[0], short.taken)
    await becomes(short.id, 'DELIVERED')

    const long = await send('vonage', THREE_PARTS)
    const [first, second, third, ...others] = long.taken.identifiers
    assert.deepEqual([others, third === undefined], [[], false])
    const appliedBefore = await waits()
    await toVonage(third, long.taken)
    await toVonage(first, long.taken)
    await toVonage(first, long.taken)
    await eventually('two parts are', async () => (await waits()) === appliedBefore + 2)
    assert.equal(await statusOf(long.id), 'SENT')
    await toVonage(second, long.taken)
    await becomes(long.id, 'DELIVERED')
  })

  it('shows why Vonage did not deliver one, in the common words', async () => {
    const { id, taken } = await send('vonage', THREE_PARTS)
    await toVonage(taken.identifiers[1], taken, { status: 'failed', 'err-code': '2' })
    await becomes(id, 'FAILED_PERM')
    assert.deepEqual((await read(id))['error'], { code: 'undelivered', detail: 'absent_subscriber: 2' })
  })

  it('shows messages as delivered by Kavenegar, which reports them whole in a form', async () => {
    const report = async (messageid: string, status: string) => {
      const path = `/operators/kavenegar/receipts?secret=${ENVIRONMENT.KAVENEGAR_RECEIPTS_SECRET}`
      const form = new URLSearchParams({ messageid, status })
      const type = { 'content-type': 'application/x-www-form-urlencoded' }
      assert.equal((await post(path, form.toString(), type)).status, 200)
    }
    const decimal = ({ identifiers: [hex = ''] }: TakenMessage) => String(Number.parseInt(hex, 16))
    const long = await send('kavenegar', THREE_PARTS)
    await report(decimal(long.taken), '4')
    await report(decimal(long.taken), '10')
    await becomes(long.id, 'DELIVERED')
    const blocked = await send('kavenegar')
    await report(decimal(blocked.taken), '14')
    await becomes(blocked.id, 'FAILED_PERM')
  })

  it('shows messages as delivered by Twilio, whose callbacks are signed', async () => {
    const report = async (taken: TakenMessage, changes: Record<string, string>) => {
      const sid = `SM${(taken.identifiers[0] ?? '').padStart(32, '0')}`
      const form = {
        ...{ MessageSid: sid, SmsSid: sid, AccountSid: ACCOUNT_SID, To: taken.message.to },
        ...changes,
      }
      const pairs = Object.entries(form).toSorted(([a], [b]) => (a < b ? -1 : 1))
      const signed = STATUS_CALLBACK + pairs.flat().join('')
      const signature = createHmac('sha1', ENVIRONMENT.TWILIO_TOKEN).update(signed).digest('base64')
      return post('/webhooks/twilio', new URLSearchParams(form).toString(), {
        ...{ 'content-type': 'application/x-www-form-urlencoded', 'x-twilio-signature': signature },
      })
    }
    const { id, taken } = await send('twilio', THREE_PARTS)
    assert.equal((await report(taken, { MessageStatus: 'sent' })).status, 204)
    assert.equal((await report(taken, { MessageStatus: 'delivered' })).status, 204)
    await becomes(id, 'DELIVERED')
    const other = await send('twilio')
    await report(other.taken, { MessageStatus: 'undelivered', ErrorCode: '30005' })
    await becomes(other.id, 'FAILED_PERM')
    assert.deepEqual((await read(other.id))['error'], {
      code: 'undelivered',
      detail: 'invalid_number: 30005',
    })
  })

  it('shows messages as delivered by a gateway that reports them in the query of a GET', async () => {
    const { id, taken } = await send('text')
    const query = new URLSearchParams({
      dlrid: taken.identifiers[0] ?? '',
      dlrstatus: 'DELIVRD',
      dlrtime: '',
    })
    const path = `/operators/text/receipts?secret=${ENVIRONMENT.TEXT_SECRET}&${query.toString()}`
    const answer = await fetch(engine.url + path)
    assert.deepEqual([answer.status, await answer.text()], [200, 'OK'])
    await becomes(id, 'DELIVERED')
  })

  it('leaves no secret of an operator in its log, and its books balance', async () => {
    const log = engine.log.text()
    for (const secret of Object.values(ENVIRONMENT).filter((each) => each.length > 8))
      assert.ok(!log.includes(secret))
    assert.deepEqual((await audit(engine.db)).violations, [])
  })
})

/** The examples of docs/operators and two more, at the addresses of the doubles. */
function operatorsFile(gateways: Record<Name, AcceptingGateway>): string {
  const exampleOf = (name: 'vonage' | 'kavenegar'): object => {
    const { operators } = parse(readFileSync(`docs/operators/${name}.yml`, 'utf8')) as { operators: object[] }
    return { ...operators[0], url: gateways[name].url }
  }
  const twilio = {
    ...{ name: 'twilio', protocol: 'twilio', url: gateways.twilio.url, account_sid: ACCOUNT_SID },
    ...{ auth_token: '${TWILIO_TOKEN}', messaging_service_sid: `MG${'0'.repeat(32)}` },
    status_callback: STATUS_CALLBACK,
  }
  const text = {
    ...{ name: 'text', protocol: 'http-template', url: gateways.text.url },
    send: {
      ...{ method: 'GET', path: '/api/http-api.php' },
      auth: { type: 'header', name: 'X-Api-Key', secret: '${TEXT_KEY}' },
      query: { to: '{to_digits}', text: '{text}' },
    },
    answer: {
      format: 'text',
      rules: [{ line: 'OK: 0; Sent queued message ID: {any} SMSGlobalMsgID:{identifier}', any: 'accepted' }],
    },
    receipts: {
      ...{ secret: '${TEXT_SECRET}', from: 'query', identifier: 'dlrid', status: 'dlrstatus' },
      ...{ statuses: { delivered: ['DELIVRD'] }, answer: { body: 'OK' } },
    },
  }
  const routes = Object.entries(PREFIXES).map(([name, prefix]) => ({ prefix, operators: [name] }))
  return stringify({ operators: [exampleOf('vonage'), exampleOf('kavenegar'), twilio, text], routes })
}
