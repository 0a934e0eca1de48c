import { readFileSync } from 'node:fs'
import { urlText } from '../config/index.ts'

/** What amqplib is told of the broker. */
export interface BrokerAddress {
  url: string
  socketOptions: { ca?: Buffer }
}

/** The name that RabbitMQ's own clients give it in an address. */
const CA_PARAMETER = 'cacertfile'

/**
 * The address of a broker. With `amqps://` its certificate is verified, name included, against `cacertfile` or the roots
 * that Node brings. @throws Error that says what is wrong, without the password.
 */
export function readBrokerAddress(text: string): BrokerAddress {
  const url = new URL(text)
  const caFile = url.searchParams.get(CA_PARAMETER)
  url.searchParams.delete(CA_PARAMETER)
  if (caFile === null) return { url: url.toString(), socketOptions: {} }
  if (url.protocol !== 'amqps:') throw new Error('AMQP_URL has a cacertfile, and amqp:// does not encrypt')
  try {
    return { url: url.toString(), socketOptions: { ca: readFileSync(caFile) } }
  } catch (error) {
    throw new Error(`AMQP_URL names a cacertfile that cannot be read: ${(error as Error).message}`, {
      cause: error,
    })
  }
}

/** The setting: an address that can be read, and so can the file that it names. */
export function brokerUrlText() {
  return urlText(['amqp', 'amqps']).superRefine((text, check) => {
    if (!URL.canParse(text)) return
    try {
      readBrokerAddress(text)
    } catch (error) {
      check.addIssue({ code: 'custom', message: (error as Error).message.replace(/^AMQP_URL /, '') })
    }
  })
}
