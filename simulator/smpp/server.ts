import { createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import type { SimulatedOperator } from '../operator.ts'
import type { SubmissionRecord } from '../record.ts'
import { SMPP_RECEIPT_FORMATS } from '../behaviour.ts'
import type { ReceiptCounts } from '../receipts/receiptSender.ts'
import { openDeliveries } from './deliveries.ts'
import { ServerLink } from './link.ts'
import type { Credentials } from './link.ts'
import type { ReceiptFormat } from './receiptPdu.ts'
import { isTold, openSubmissions } from './submissions.ts'
import { countTraffic } from './traffic.ts'
import type { Traffic } from './traffic.ts'

export interface SmppServerSettings {
  operator: SimulatedOperator
  host: string
  /** 0: one that is free. */
  port: number
  credentials: Credentials
  sessionsMax: number
  referencesMax: number
}

export interface SmppSummary extends Traffic {
  /** Links that are bound. */
  bound: number
  /** What came and was no PDU, or no part of one that can be read. */
  malformed: number
  /** Answers of clients to what they could not read. */
  nacks: number
  /** Messages of which parts were taken, and not all. */
  openMessages: number
  parts: ReturnType<SubmissionRecord['summary']>
  receipts: ReceiptCounts
}

/** The operator's SMPP side. */
export interface SmppServer {
  readonly url: string
  /** Parts of messages of several parts. */
  readonly parts: SubmissionRecord
  summary(): SmppSummary
  forget(): void
  /** Stops listening and cuts every link, then listens again on the same port. */
  disconnect(forMs: number): void
  close(): Promise<void>
}

/** Rejects when it cannot listen. */
export async function startSmppServer(settings: SmppServerSettings): Promise<SmppServer> {
  const { operator, host, credentials, sessionsMax, referencesMax } = settings
  const links = new Set<ServerLink>()
  const traffic = countTraffic()
  const deliveries = openDeliveries(
    () => [...links].filter((link) => link.isReceiving),
    () => operator.behaviour.smppReceiptAnswerMs,
  )
  const formatOf = takeFormats()
  const submissions = openSubmissions(operator, referencesMax, (part) => {
    const submittedAtMs = Date.now()
    return (receipt, afterMs) => {
      if (!isTold(part, receipt.status)) return
      deliveries.add(
        { receipt, part, submittedAtMs, format: formatOf(operator.behaviour.smppReceiptFormat) },
        afterMs,
      )
    }
  })
  const oddities = { malformed: 0, nack: 0 }
  const server = createServer((socket) => {
    const link = new ServerLink(socket, {
      ...{ operator, credentials, submissions, traffic },
      onResponse: (pdu) => deliveries.respond(pdu),
      onOddity: (oddity) => oddities[oddity]++,
    })
    links.add(link)
    socket.once('close', () => links.delete(link))
  })
  server.maxConnections = sessionsMax

  const port = await listen(server, settings.port, host)
  let comeback: NodeJS.Timeout | undefined
  const cut = () => {
    clearTimeout(comeback)
    for (const link of links) link.socket.destroy()
  }
  return {
    url: `smpp://${host.includes(':') ? `[${host}]` : host}:${port}`,
    parts: submissions.parts,
    summary: () => ({
      ...traffic.counts(),
      bound: [...links].filter(({ kind }) => kind !== undefined).length,
      malformed: oddities.malformed,
      nacks: oddities.nack,
      openMessages: submissions.open(),
      parts: submissions.parts.summary(),
      receipts: deliveries.counts(),
    }),
    forget() {
      traffic.clear()
      submissions.forget()
      deliveries.forget()
      oddities.malformed = oddities.nack = 0
    },
    disconnect(forMs) {
      server.close()
      cut()
      comeback = setTimeout(() => server.listen(port, host), forMs)
    },
    close: () =>
      new Promise((resolve) => {
        deliveries.close()
        server.close(() => resolve())
        cut()
      }),
  }
}

/** @returns the port. */
function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })
}

/** @returns what says the format of the next receipt: of `mixed` ones each in turn. */
function takeFormats(): (format: ReceiptFormat) => Exclude<ReceiptFormat, 'mixed'> {
  let turn = 0
  return (format) => {
    if (format !== 'mixed') return format
    return SMPP_RECEIPT_FORMATS[turn++ % SMPP_RECEIPT_FORMATS.length] ?? 'text'
  }
}
