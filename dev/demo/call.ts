/** An answer, with the request and the answer as they were. */
export interface Exchange<T> {
  body: T
  request: string
  answer: string
}

/** Calls the engine. Every function throws an Error unless the answer is a good one. */
export interface Caller {
  text: (path: string) => Promise<string>
  get: <T>(path: string, query?: Record<string, string | number>) => Promise<T>
  post: <T>(path: string, body: object) => Promise<Exchange<T>>
  remove: (path: string) => Promise<void>
}

const ANSWER_TIMEOUT_MS = 10_000

export function callerOf(url: string, headers: Record<string, string> = {}): Caller {
  const ask = async (path: string, init: RequestInit = {}) => {
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS)
    const response = await fetch(url + path, { headers, ...init, signal }).catch((error: Error) => {
      const { code = error.message } = (error.cause ?? {}) as { code?: string }
      throw new Error(`${path} was not answered: ${code}`, { cause: error })
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`)
    return { status: response.status, text }
  }
  return {
    text: async (path) => (await ask(path)).text,
    async get<T>(path: string, query: Record<string, string | number> = {}) {
      const search = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
      return JSON.parse((await ask(`${path}?${search.join('&')}`)).text) as T
    },
    async post<T>(path: string, body: object) {
      const json = JSON.stringify(body)
      const { status, text } = await ask(path, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: json,
      })
      return { body: JSON.parse(text) as T, request: `POST ${path} ${json}`, answer: `${status} ${text}` }
    },
    remove: async (path) => void (await ask(path, { method: 'DELETE' })),
  }
}
