import type { ServerResponse } from 'node:http'

export const JSON_TYPE = { 'content-type': 'application/json' }

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, JSON_TYPE).end(JSON.stringify(body))
}
