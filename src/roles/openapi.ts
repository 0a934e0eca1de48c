import { createDocument } from 'zod-openapi'
import type { ZodOpenApiOverride, ZodOpenApiPathsObject } from 'zod-openapi'
import type { Route } from '../platform/http/index.ts'
import { VERSION } from '../platform/version.ts'

const DESCRIPTION = `Sends text messages over HTTP, pays for them from a prepaid balance, and submits them to operators.

There is no authentication yet: any client that reaches this server can send and spend.

- Every refusal is a problem document (RFC 9457) with a stable \`code\`. A refused request changed nothing.
- The exception is 503 with the code \`outcome_unknown\`: it names the identifier to look up before you retry.
- An unknown path is answered with 404 \`not_found\`, another method with 405 \`method_not_allowed\` and \`Allow\`.
- Money is a whole number of the smallest currency unit. Times are UTC.
- Unknown fields and parameters are ignored. Responses may get new members: ignore unknown ones.`

/** @returns the OpenAPI 3.1 document of the routes, generated from the schemas that validate their requests. */
export function describeApi(routes: Route[]): object {
  const paths: ZodOpenApiPathsObject = {}
  for (const { path, method, operation } of routes) {
    if (operation) paths[path] = { ...paths[path], [method]: operation }
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
    security: [],
    tags: [
      { name: 'messages', description: 'Send messages and follow their delivery' },
      { name: 'balance', description: 'Prepaid balances and their ledgers' },
      { name: 'operations', description: 'Probes and monitoring' },
    ],
    paths,
  }
  return createDocument(document, { override: simplify })
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
