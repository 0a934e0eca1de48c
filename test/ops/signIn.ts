import assert from 'node:assert/strict'
import { call } from '../support/api.ts'

export const ADMIN_KEY = 'the-admin-key-of-the-operations-page'

/** What a browser that has signed in sends with its requests. */
export interface SignedIn {
  cookie: string
  csrf: string
  /** For requests that read. */
  reading: { headers: Record<string, string> }
  /** For requests that change something. */
  changing: { headers: Record<string, string> }
}

export async function signIn(url: string): Promise<SignedIn> {
  const { status, body, headers } = await call(url, 'POST', '/ops/api/session', { key: ADMIN_KEY })
  assert.equal(status, 201)
  const [cookie = ''] = (headers.get('set-cookie') ?? '').split(';')
  const csrf = String(body['csrf_token'])
  return {
    ...{ cookie, csrf, reading: { headers: { cookie } } },
    changing: { headers: { cookie, 'x-csrf-token': csrf } },
  }
}

export interface Streamed {
  event: string
  data: Record<string, unknown>
}

/** Reads server-sent events until the answer ends or `end` is called. */
export async function follow(url: string, cookie: string) {
  const aborting = new AbortController()
  const response = await fetch(`${url}/ops/api/live`, { headers: { cookie }, signal: aborting.signal })
  const events: Streamed[] = []
  const read = async () => {
    let text = ''
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      text += Buffer.from(chunk).toString()
      const blocks = text.split('\n\n')
      text = blocks.pop() ?? ''
      for (const block of blocks) {
        const [event = '', data = ''] = block.split('\n')
        events.push({ event: event.slice(7), data: JSON.parse(data.slice(6)) as Streamed['data'] })
      }
    }
  }
  const ended = response.ok ? read().catch(() => {}) : response.text().then(() => {})
  return {
    ...{ status: response.status, type: response.headers.get('content-type'), events, ended },
    last: (event: string) => events.findLast((each) => each.event === event)?.data,
    end: () => aborting.abort(),
  }
}
