import { httpAdapter } from '../../../src/operators/http/adapter.ts'
import { httpTemplateAdapter } from '../../../src/operators/httpTemplate/adapter.ts'
import type { HttpTemplateOptions } from '../../../src/operators/httpTemplate/config.ts'
import { twilioAdapter } from '../../../src/operators/twilio/adapter.ts'
import type { OperatorAdapter } from '../../../src/operators/contract.ts'
import { templateOf } from '../httpTemplate/templateOf.ts'
import { readExample } from '../httpTemplate/readExample.ts'
import { openGateway, UNREADABLE } from './gateway.ts'
import type { Dialect } from './gateway.ts'
import { KAVENEGAR } from './gateways/kavenegar.ts'
import { PLAIN_TEXT } from './gateways/plainText.ts'
import { ACCOUNT_SID, TWILIO } from './gateways/twilio.ts'
import { VONAGE } from './gateways/vonage.ts'
import type { Ability, Peer, Subject } from './peer.ts'
import { openSmppPeer, SMPP_UNREADABLE } from './smppPeer.ts'
import { openSimulatorBeside, SIMULATOR_UNREADABLE } from './simulatorPeer.ts'

const PLAIN_TEXT_TEMPLATE = templateOf({
  secrets: { key: 'key' },
  send: {
    method: 'GET',
    path: '/api/http-api.php',
    auth: { type: 'header', name: 'X-Api-Key', secret: 'key' },
    query: { action: 'sendsms', from: '{from}', to: '{to_digits}', text: '{text}', maxsplit: '{parts}' },
  },
  answer: {
    format: 'text',
    rules: [
      { line: 'OK: 0; Sent queued message ID: {any} SMSGlobalMsgID:{identifier}', any: 'accepted' },
      {
        line: 'ERROR: {code}',
        ...{ rejected: [13], refused: [102], throttled: [88], unavailable: [401, 402] },
      },
    ],
  },
})

/** Every adapter, each with a double of its operator. A new adapter is one more object here. */
export const SUBJECTS: readonly Subject[] = [
  {
    name: 'chapar-http',
    unreadable: SIMULATOR_UNREADABLE,
    abilities: [
      ...(['postpones', 'refuses', 'retry-after', 'numeric-identifiers'] as const),
      ...(['odd-identifiers', 'forgets-idle'] as const),
    ],
    open: (connections) => openSimulatorBeside((url) => httpAdapter({ name: 'a', url, connections })),
  },
  {
    name: 'chapar-http with three messages a call at most',
    unreadable: SIMULATOR_UNREADABLE,
    abilities: ['postpones', 'refuses'],
    open: (connections) =>
      openSimulatorBeside((url) => httpAdapter({ name: 'a', url, connections, batchSizeMax: 3 })),
  },
  overHttp('http-template for Vonage', VONAGE, ['numeric-identifiers'], (url, connections) => {
    const env = {
      VONAGE_API_KEY: 'key',
      VONAGE_API_SECRET: 's&cret=',
      VONAGE_RECEIPTS_SECRET: 'x'.repeat(16),
    }
    return openTemplate(url, connections, readExample('vonage.yml', env))
  }),
  overHttp(
    'http-template for Kavenegar',
    KAVENEGAR,
    ['postpones', 'numeric-identifiers'],
    (url, connections) =>
      openTemplate(
        url,
        connections,
        readExample('kavenegar.yml', {
          ...{ KAVENEGAR_API_KEY: 'k/ey', KAVENEGAR_RECEIPTS_SECRET: 'x'.repeat(16) },
        }),
      ),
  ),
  overHttp('http-template for a gateway of plain text', PLAIN_TEXT, [], (url, connections) =>
    openTemplate(url, connections, PLAIN_TEXT_TEMPLATE),
  ),
  {
    name: 'smpp',
    unreadable: SMPP_UNREADABLE,
    abilities: ['numeric-identifiers', 'odd-identifiers'],
    open: openSmppPeer,
  },
  overHttp('twilio', TWILIO, [], (url, connections) =>
    twilioAdapter({
      ...{ name: 'a', url, connections, idleTimeoutMs: 1_000 },
      ...{ accountSid: ACCOUNT_SID, authToken: 'token', apiKey: null },
      messagingServiceSid: `MG${'0'.repeat(32)}`,
      statusCallback: 'https://sms.example/webhooks/twilio',
      receipts: null,
    }),
  ),
]

function overHttp(
  name: string,
  dialect: Dialect,
  abilities: Ability[],
  open: (url: string, connections: number) => OperatorAdapter,
): Subject {
  return {
    name,
    unreadable: Object.keys(UNREADABLE),
    abilities: ['refuses', 'retry-after', 'odd-identifiers', 'forgets-idle', ...abilities],
    open: (connections): Promise<Peer> => openGateway(dialect, (url) => open(url, connections)),
  }
}

function openTemplate(url: string, connections: number, options: HttpTemplateOptions): OperatorAdapter {
  return httpTemplateAdapter({ keepsOurReference: false, ...options, name: 'a', url, connections })
}
