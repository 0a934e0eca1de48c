import { unescape } from 'node:querystring'
import type { Options } from 'amqplib'
import { z } from 'zod'
import { urlText } from '../config/index.ts'
import { takeTlsFiles } from '../tlsFiles.ts'
import type { TlsFiles } from '../tlsFiles.ts'

/** What amqplib is told of the broker. */
export interface BrokerAddresses {
  /** The nodes of one cluster, in the order in which they are tried. */
  nodes: [Options.Connect, ...Options.Connect[]]
  /** One for all nodes: the authorities that any address names, and the first client certificate. */
  socketOptions: Pick<TlsFiles, 'cert' | 'key'> & { ca?: Buffer[] }
}

/** The names that RabbitMQ's own clients give them in an address. */
const PARAMETERS = { ca: 'cacertfile', cert: 'certfile', key: 'keyfile' }

/** A comma alone may be part of a password. */
const BETWEEN_ADDRESSES = /,\s*(?=[a-z]+:\/\/)/

/**
 * The addresses of a broker, several of a cluster's nodes separated by commas. With `amqps://` a certificate is verified,
 * name included, against `cacertfile` or the roots that Node brings, and `certfile` with `keyfile` is the client's own.
 * @throws Error that says what is wrong, without the password.
 */
export function readBrokerAddresses(text: string): BrokerAddresses {
  const urls = text.split(BETWEEN_ADDRESSES).map((each) => new URL(each))
  const files = urls.map(takeFiles)
  const [first, ...others] = urls.map(toOptions)
  if (!first) throw new Error('AMQP_URL is empty')
  const authorities = files.flatMap(({ ca }) => ca ?? [])
  const { cert, key } = files.find((each) => each.cert) ?? {}
  return {
    nodes: [first, ...others],
    socketOptions: {
      ...(authorities.length > 0 && { ca: authorities }),
      ...(cert && key && { cert, key }),
    },
  }
}

/** The setting: addresses that can be read, and so can the files that they name. */
export function brokerUrlText() {
  return z.string().superRefine((text, check) => {
    const one = urlText(['amqp', 'amqps'])
    for (const each of text.split(BETWEEN_ADDRESSES)) {
      const [fault] = one.safeParse(each).error?.issues ?? []
      if (fault) return check.addIssue({ code: 'custom', message: fault.message })
    }
    try {
      readBrokerAddresses(text)
    } catch (error) {
      check.addIssue({ code: 'custom', message: (error as Error).message.replace(/^AMQP_URL /, '') })
    }
  })
}

function takeFiles(url: URL): TlsFiles {
  const given = Object.values(PARAMETERS).find((name) => url.searchParams.has(name))
  if (given !== undefined && url.protocol !== 'amqps:')
    throw new Error(`AMQP_URL has a ${given}, and amqp:// does not encrypt`)
  return takeTlsFiles(url, 'AMQP_URL', PARAMETERS)
}

function toOptions(url: URL): Options.Connect {
  const { protocol, hostname, port, username, password, pathname, searchParams } = url
  return {
    ...Object.fromEntries(searchParams),
    protocol: protocol.slice(0, -1),
    hostname: hostname.replace(/^\[|\]$/g, ''),
    // Every node names everything, so that nothing of the node before is left where one replaces the other.
    port: Number(port) || (protocol === 'amqps:' ? 5671 : 5672),
    ...(username === '' && password === ''
      ? { username: 'guest', password: 'guest' }
      : { username: unescape(username), password: unescape(password) }),
    vhost: pathname.slice(1),
  }
}
