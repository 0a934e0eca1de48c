import type { StopList } from '../processes/stopList.ts'
import { nextFreePort } from '../servers/ports.ts'
import { PORT_DEFAULT } from '../trace/receiver.ts'
import { startTraceReceiver } from './programs.ts'
import { logFileOf, programPart, type StackPart } from './state.ts'

/** Where the engine of `make up` sends its spans. */
export interface Traces {
  url: string | undefined
  parts: StackPart[]
  settings: NodeJS.ProcessEnv
}

/** Soon enough for a developer who sends a message and then asks for its trace. */
const SEND_AFTER_MS = 300

/** By these the caller says where spans go, or that there are none. */
const DECIDING = [
  'OTEL_SDK_DISABLED',
  'OTEL_TRACES_EXPORTER',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
]

/** Starts a receiver, unless the caller decides. */
export async function startTraces(env: NodeJS.ProcessEnv, stopList: StopList): Promise<Traces> {
  if (DECIDING.some((name) => env[name])) return { url: undefined, parts: [], settings: {} }
  const port = await nextFreePort(PORT_DEFAULT)
  const receiver = await startTraceReceiver({ port, logFile: logFileOf('traces') })
  stopList.add(() => receiver.stop())
  return {
    url: receiver.url,
    parts: [programPart(receiver, 'traces', [])],
    settings: {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_BSP_SCHEDULE_DELAY: String(SEND_AFTER_MS),
    },
  }
}
