/** Operations pages that stay open. */
export interface OpenPages {
  /** Pictures that came to all of them so far. */
  pictures(): number
  close(): void
}

/** Signs in and follows the live pictures as a browser does, without drawing them: that is the browser's own cost. */
export async function openPages(apiUrl: string, adminKey: string, count: number): Promise<OpenPages> {
  const closing = new AbortController()
  let pictures = 0
  const open = async () => {
    const session = await fetch(`${apiUrl}/ops/api/session`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminKey}` },
    })
    const cookie = session.headers.get('set-cookie')?.split(';')[0]
    if (!session.ok || cookie === undefined) throw new Error(`signing in was answered with ${session.status}`)
    const response = await fetch(`${apiUrl}/ops/api/live`, { headers: { cookie }, signal: closing.signal })
    if (!response.ok || !response.body) throw new Error(`the page was answered with ${response.status}`)
    const decoder = new TextDecoder()
    const read = async (body: ReadableStream<Uint8Array>) => {
      for await (const chunk of body) pictures += decoder.decode(chunk).split('\ndata:').length - 1
    }
    // It ends with the signal, or with the engine that the benchmark stops.
    read(response.body).catch(() => {})
  }
  await Promise.all(Array.from({ length: count }, open))
  return { pictures: () => pictures, close: () => closing.abort() }
}
