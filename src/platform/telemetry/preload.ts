// For node --import: tracing has to be in place before anything else loads node:http.
import { startTracing } from './tracing.ts'

await startTracing(process.env)
