// The receiver of `make up` as a process of its own, at PORT.
import { startReceiver } from './receiver.ts'

const receiver = await startReceiver({ port: Number(process.env['PORT'] ?? 0) })
console.log(JSON.stringify({ message: 'listening', url: receiver.url }))
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => void receiver.close().then(() => process.exit(0)))
