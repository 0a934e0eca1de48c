import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { STATUS_PATH } from '../../src/operators/http/protocol.ts'
import type { Answer } from '../../src/operators/http/protocol.ts'
import type { Submission } from '../../src/operators/contract.ts'

/** An operator that is no simulator: it answers each call as the test says, for what a simulator cannot do. */
export interface HttpOperator {
  url: string
  close(): Promise<void>
}

/** Speaks the operators' protocol, without the route for questions. An answer may wait for as long as the test likes. */
export async function startHttpOperator(
  answer: (messages: Submission[]) => Answer[] | Promise<Answer[]>,
): Promise<HttpOperator> {
  const server = createServer((request, response) => {
    void text(request).then(async (body) => {
      if (request.url?.endsWith(STATUS_PATH)) return response.writeHead(404).end()
      const json = JSON.parse(body) as Submission | Submission[]
      const answers = await answer(Array.isArray(json) ? json : [json])
      response.setHeader('content-type', 'application/json')
      return response.end(JSON.stringify(Array.isArray(json) ? answers : answers[0]))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

export function accept({ reference }: Submission): Answer {
  return { reference, status: 'accepted', message_id: `id-${reference.slice(-8)}` }
}
