import { createDocument } from 'zod-openapi'
import type { ZodOpenApiOperationObject, ZodOpenApiOverride, ZodOpenApiPathsObject } from 'zod-openapi'
import type { Route } from '../platform/http/index.ts'
import { VERSION } from '../platform/version.ts'

const DESCRIPTION = `Sends text messages over HTTP, pays for them from a prepaid balance, and submits them to operators.

An API key is sent as \`X-API-Key\` or \`Authorization: Bearer\`. It belongs to a customer, and has scopes: \`send\`, \`read\`
and \`manage\`. The admin key is for \`/v1/admin\` and for adding balance. \`/v1\` always needs a key. The other routes need
none where only this machine is served; with a key they serve its customer alone, and answer for every other customer as
for an unknown one. Every route under \`/v1\` is also served under \`/api/v1\`.

- Every refusal is a problem document (RFC 9457) with a stable \`code\`. A refused request changed nothing.
- The exception is 503 with the code \`outcome_unknown\`: it names the identifier to look up before you retry, or tells you to
  repeat the request, where that moves no money twice. A bulk has \`bulk_incomplete\` for the same.
- An unknown path is answered with 404 \`not_found\`, another method with 405 \`method_not_allowed\` and \`Allow\`.
- Money is a whole number of the smallest currency unit. Times are UTC.
- Unknown members of a body are refused under \`/v1\`, and ignored elsewhere. Unknown parameters are ignored, except
  by \`GET /v1/messages\`, which refuses them.
- Responses may get new members: ignore unknown ones.`

/** @returns the OpenAPI 3.1 document of the routes, generated from the schemas that validate their requests. */
export function describeApi(routes: Route[]): object {
  const paths: ZodOpenApiPathsObject = {}
  for (const route of routes) {
    const path = route.path.replaceAll(PARAMETER, '{$1}')
    if (route.operation) paths[path] = { ...paths[path], [route.method]: describeAccess(route) }
  }
  const document = {
    openapi: '3.1.0' as const,
    info: {
      title: 'Chapar',
      version: VERSION,
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'This server' }],
    components: { securitySchemes: SCHEMES },
    security: [],
    tags: [
      { name: 'messages', description: 'Send messages and follow their delivery' },
      { name: 'balance', description: 'Prepaid balances and their ledgers' },
      { name: 'account', description: 'The customer of a key, and its keys' },
      { name: 'reports', description: 'Messages, money and delivery, added up by time' },
      { name: 'webhooks', description: 'Events of messages, read from a feed or sent to endpoints' },
      { name: 'admin', description: 'Customers, their keys and balances; the admin key alone' },
      { name: 'operators', description: 'What operators call' },
      { name: 'operations', description: 'Probes and monitoring' },
    ],
    paths,
  }
  return createDocument(document, { override: simplify })
}

/** As Express writes it. */
const PARAMETER = /:(\w+)/g

const SCHEMES = {
  apiKey: { type: 'apiKey' as const, in: 'header' as const, name: 'X-API-Key' },
  bearer: { type: 'http' as const, scheme: 'bearer' },
}
const WITH_KEY = Object.keys(SCHEMES).map((scheme) => ({ [scheme]: [] }))

/** Says which key an operation needs, in words and for tools. */
function describeAccess({ access, mayBeOpen, operation }: Route): ZodOpenApiOperationObject {
  if (access === 'public' || !operation) return { ...operation, responses: operation?.responses ?? {} }
  const needs = access === 'admin' ? 'Needs the admin key' : `Needs a key with the scope \`${access}\``
  const unless = mayBeOpen ? ', where not only this machine is served.' : '.'
  return {
    ...operation,
    description: [operation.description, needs + unless].filter(Boolean).join(' '),
    security: mayBeOpen ? [...WITH_KEY, {}] : WITH_KEY,
  }
}

/**
 * Removes three additions of the schema library: patterns that repeat a format, the number limits of JavaScript in
 * responses, and `additionalProperties: false` on responses.
 */
const simplify: ZodOpenApiOverride = ({ jsonSchema, io }) => {
  if (jsonSchema.format !== undefined) delete jsonSchema.pattern
  if (io === 'input') return
  delete jsonSchema.additionalProperties
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
}
