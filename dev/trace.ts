// The command `npm run trace`: a message's trace as a tree, from the receiver that `make up` started or `--listen` keeps.
import { parseArgs } from 'node:util'
import { isIdentifier } from '../src/primitives/identifier.ts'
import { readState } from './stack/state.ts'
import { describeTrace } from './trace/describeTrace.ts'
import { PORT_DEFAULT, startReceiver } from './trace/receiver.ts'
import type { StoredSpan } from './trace/spanStore.ts'

const USAGE = `usage: npm run trace -- ID [--from URL] [--json]
       npm run trace -- --listen [--port PORT]
shows the trace of a message as a tree
  --from    the receiver's address; that of "make up" by default, or else port ${PORT_DEFAULT}
  --json    as the receiver has it
  --listen  is a receiver for engines of your own, until it is interrupted. They need
            OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:${PORT_DEFAULT} OTEL_EXPORTER_OTLP_PROTOCOL=http/json
  --port    where it listens
ID is the message's identifier. A trace is recorded where the sampler takes it, or its client's traceparent says so.`

const ASK_TIMEOUT_MS = 5_000

try {
  const { values, positionals } = readArguments()
  if (values.help) console.log(USAGE)
  else if (values.listen) await listen(Number(values.port ?? PORT_DEFAULT))
  else await show(positionals, { from: values.from, asJson: values.json === true })
} catch (error) {
  console.error(`trace: ${(error as Error).message}`)
  process.exitCode = 1
}

function readArguments() {
  const [text, flag] = [{ type: 'string' } as const, { type: 'boolean' } as const]
  return parseArgs({
    allowPositionals: true,
    options: {
      ...{ from: text, port: text, json: flag, listen: flag },
      help: { ...flag, short: 'h' },
    },
  })
}

async function listen(port: number): Promise<void> {
  const { url } = await startReceiver({ port })
  console.log(`receiving spans at ${url} until interrupted`)
}

async function show(
  [messageId = '', ...rest]: string[],
  { from, asJson }: { from: string | undefined; asJson: boolean },
): Promise<void> {
  if (!isIdentifier(messageId) || rest.length > 0)
    throw new Error(`one identifier of a message is needed\n${USAGE}`)
  const url = from ?? (await readState())?.tracesUrl ?? `http://127.0.0.1:${PORT_DEFAULT}`
  const spans = await ask(url, messageId)
  if (asJson) console.log(JSON.stringify(spans, undefined, 2))
  else if (spans.length > 0) for (const line of describeTrace(messageId, spans)) console.log(line)
  else
    throw new Error(
      `the receiver has no trace of ${messageId}: it was not sampled, or is too old, or has not arrived yet`,
    )
}

async function ask(url: string, messageId: string): Promise<StoredSpan[]> {
  const response = await fetch(`${url}/messages/${messageId.toLowerCase()}`, {
    signal: AbortSignal.timeout(ASK_TIMEOUT_MS),
  }).catch(() => undefined)
  if (!response?.ok)
    throw new Error(`no receiver answers at ${url}: start one with "make up" or "npm run trace -- --listen"`)
  return (await response.json()) as StoredSpan[]
}
