// Run by line.test.ts as a process of its own: answers what it is asked, and asks back.
import { openRpcChannel } from '../../../src/platform/workers/rpcChannel.ts'

const line = openRpcChannel(
  {
    send: (message, done) => process.send?.(message, undefined, undefined, done),
    on: (event, listener) => process.on(event, listener),
  },
  {
    double: (number) => Number(number) * 2,
    slowly: async (value) => {
      await new Promise((resolve) => setImmediate(resolve))
      return value
    },
    nothing: () => undefined,
    fail: () => Promise.reject(Object.assign(new Error('no link'), { code: 'ECONNREFUSED' })),
    failOddly: () => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- what is not an Error has to arrive as well
      throw 'no error'
    },
    never: () => new Promise(() => {}),
    end: () => process.exit(0),
    leave: () => process.disconnect(),
    askBack: async (question) => `they said: ${String(await line.ask(String(question)))}`,
  },
)
