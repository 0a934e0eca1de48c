import type { CommonOptions } from '../commonOptions.ts'
import type { OperatorAdapter } from '../contract.ts'
import { locate, openConnections } from '../http/connections.ts'
import type { HttpTemplateOptions } from './config.ts'
import { compileAnswer } from './decide.ts'
import { interpretAnswer, meaningsByStatus } from './interpret.ts'
import { interpretStatus } from './interpretStatus.ts'
import { compileRequest } from './writeRequest.ts'

/**
 * An operator whose HTTP API is described by configuration (docs/operators/adding.md): one message a request, which is
 * never repeated. Throws a TypeError for a URL that it cannot use; `close` waits for calls in flight.
 */
export function httpTemplateAdapter(
  operator: Pick<CommonOptions, 'name' | 'keepsOurReference'> & HttpTemplateOptions,
): OperatorAdapter {
  const { name, url, connections, idleTimeoutMs, send, answer, status } = operator
  const { origin, path } = locate(url)
  const pool = openConnections(origin, { connections, idleTimeoutMs })
  const write = compileRequest(send, path, operator)
  const writeQuestion = status && compileRequest(status.request, path, operator)
  const decide = compileAnswer(answer, { namesParts: namesParts(operator) })
  const interpreter = { decide, meaningOfStatus: meaningsByStatus(answer.statuses) }
  return {
    name,
    batchSizeMax: 1,
    callsInFlightMax: connections,
    async submit([submission], timeoutMs) {
      if (!submission) return { kind: 'answered', results: [] }
      return interpretAnswer(interpreter, await pool.exchange({ ...write(submission), timeoutMs }))
    },
    ...(writeQuestion && {
      async query([submission], timeoutMs) {
        if (!submission) return []
        const exchanged = await pool.exchange({ ...writeQuestion(submission), timeoutMs })
        const answer = interpretStatus(status, exchanged)
        return 'fault' in answer ? answer : [answer]
      },
    }),
    close: () => pool.close(),
  }
}

/** One receipt of the whole message that carries our reference is found by that. */
function namesParts({ receipts, keepsOurReference }: Parameters<typeof httpTemplateAdapter>[0]): boolean {
  return receipts !== null && !(receipts.onePerMessage && keepsOurReference)
}
