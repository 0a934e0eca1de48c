import { DEMO_KEY } from '../../src/accounts/index.ts'
import { FIRST_CUSTOMER } from './initialBalance.ts'
import type { StackPart, StackState } from './state.ts'

/** What `make up` prints: what a user needs first, then servers, process ids and logs; the reason for a fallback last. */
export function describeStack({ parts, apiUrl, adminKey, tracesUrl, fallback }: StackState): string[] {
  const operators = parts.filter(({ name }) => name.startsWith('operator-'))
  const servers = parts.filter(({ name }) => name === 'database' || name === 'broker')
  const first: [string, string][] = [
    ['API', apiUrl],
    ['example', exampleOf(apiUrl)],
    ['demo key', `curl ${apiUrl}/v1/me -H 'X-API-Key: ${DEMO_KEY}'`],
    ['Swagger UI', `${apiUrl}/swagger/index.html`],
    ...(adminKey === undefined ? [] : [operationsPage(apiUrl, adminKey)]),
    ...operators.map(({ name, url, notes }): [string, string] => [name, [url, ...notes].join('  ')]),
  ]
  const others: [string, string][] = [
    ['metrics', `${apiUrl}/metrics`],
    ...(tracesUrl === undefined ? [] : [['traces', 'npm run trace -- ID'] as [string, string]]),
    ...servers.map(({ name, url, notes }): [string, string] => [name, [url, ...notes].join('  ')]),
    ['processes', parts.map(describeProcesses).join('; ')],
    ['logs', '.local/up/*.log'],
  ]
  const width = Math.max(...[...first, ...others].map(([name]) => name.length))
  const toLine = ([name, text]: [string, string]) => `  ${name.padEnd(width)}  ${text}`
  return [...first.map(toLine), '', ...others.map(toLine), ...(fallback === undefined ? [] : [fallback])]
}

function operationsPage(apiUrl: string, adminKey: string): [string, string] {
  return ['operations', `${apiUrl}/ops  sign in with ${adminKey}`]
}

function exampleOf(apiUrl: string): string {
  const body = { customer_id: FIRST_CUSTOMER, text: 'hi', recipients: ['09128582812'], type: 'normal' }
  return `curl ${apiUrl}/sms/send -H 'content-type: application/json' -d '${JSON.stringify(body)}'`
}

function describeProcesses({ name, processes }: StackPart): string {
  return `${name} ${processes.map(({ pid }) => pid).join(' ') || 'not started here'}`
}
