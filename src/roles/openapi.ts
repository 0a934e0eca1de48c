import { createDocument } from 'zod-openapi'
import type { ZodOpenApiPathsObject } from 'zod-openapi'
import { balanceEndpoint } from '../ledger/routes/balance.ts'
import { topUpEndpoint } from '../ledger/routes/topUp.ts'
import { historyEndpoint } from '../messages/routes/history.ts'
import { sendEndpoint } from '../messages/routes/send.ts'
import type { SendLimits } from '../messages/routes/send.ts'
import { headProblems, opsEndpoints } from '../platform/http/index.ts'
import { VERSION } from '../platform/version.ts'

const DESCRIPTION = `Takes text messages over HTTP, pays them from a prepaid balance, and hands them to operators.

There is no authentication yet: whoever reaches this address can send and spend.

Every refusal is a problem document (RFC 9457) with a stable \`code\`. A 503 means that nothing changed, except with the
code \`outcome_unknown\`. Times are UTC. Unknown fields and parameters are ignored.`

/** @returns the OpenAPI 3.1 document of the API, made of the schemas that validate its requests. */
export function describeApi(limits: SendLimits): object {
  const endpoints = [sendEndpoint(limits), historyEndpoint, balanceEndpoint, topUpEndpoint, ...opsEndpoints]
  const paths: ZodOpenApiPathsObject = {}
  for (const { path, method, operation } of endpoints) {
    const responses = { ...headProblems, ...operation.responses }
    paths[path] = { ...paths[path], [method]: { ...operation, responses } }
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Chapar',
      version: VERSION,
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'This server' }],
    tags: [
      { name: 'messages', description: 'Send, and see what became of it' },
      { name: 'balance', description: 'Prepaid money and its ledger' },
      { name: 'operations', description: 'For the machines and people that watch over it' },
    ],
    paths,
  })
}
