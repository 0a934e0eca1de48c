import request from 'supertest'
import { createAuthenticate, createAuthenticateCallback } from '../../../src/receipts/index.ts'
import type { CallbackSender, ReceiptSender } from '../../../src/receipts/index.ts'
import { receiptRoutes } from '../../../src/receipts/routes/index.ts'
import { testApp } from '../../support/app.ts'

interface Options {
  senders?: ReceiptSender[]
  callbacks?: CallbackSender[]
  store?: () => Promise<void>
  source?: string
}

/** The routes of receipts without a database: what they would have stored, and what they refused. */
export function serveReceipts({ senders = [], callbacks = [], store, source = '192.0.2.7' }: Options) {
  const stored: { operator: string; protocol: string; raw: string }[] = []
  const refused: string[] = []
  const routes = receiptRoutes({
    authenticateOperator: createAuthenticate(senders),
    authenticateCallback: createAuthenticateCallback(callbacks),
    sourceOf: () => source,
    receiptEvents: { refused: ({ code }) => refused.push(code) },
    async storeReceipts({ operator, protocol, raw }) {
      await store?.()
      stored.push({ operator, protocol, raw: Buffer.from(raw).toString() })
    },
    listReceipts: () => Promise.reject(new Error('not expected')),
  })
  return { app: request(testApp(routes).app), stored, refused }
}
