import type { OperatorRecord } from './compareRecords.ts'

/** An operator that never ends its answer must not keep the comparison for ever. */
const ANSWER_TIMEOUT_MS = 600_000

/**
 * The record of a simulated operator, by its admin routes: one JSON object a line with `reference` and `taken`. Both
 * functions reject with the address and the reason when it cannot be read whole.
 */
export function operatorRecord(url: string): OperatorRecord {
  return {
    submissions: () => readLines(url),
    async summary() {
      const response = await ask(url, '/admin/summary')
      const { dropped, startedAt } = (await response.json()) as { dropped: number; startedAt: number }
      return { dropped, startedAt }
    },
  }
}

interface Entry {
  reference: string
  taken: number
}

async function* readLines(url: string): AsyncGenerator<Entry> {
  const { body } = await ask(url, '/admin/submissions')
  if (!body) return
  let rest = ''
  try {
    for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) if (line !== '') yield JSON.parse(line) as Entry
    }
  } catch (error) {
    throw new Error(`the record of ${url} could not be read: ${(error as Error).message}`, { cause: error })
  }
  if (rest !== '') throw new Error(`the record of ${url} ends in the middle of a line`)
}

async function ask(url: string, path: string): Promise<Response> {
  const response = await fetch(new URL(path, url), { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) }).catch(
    (error: unknown) => {
      throw new Error(`the operator at ${url} does not answer`, { cause: error })
    },
  )
  if (!response.ok) throw new Error(`the operator at ${url} answered ${response.status} to ${path}`)
  return response
}
