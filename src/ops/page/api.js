/** The one place that calls the server. Every path begins with a slash: the page calls no other server. */
let csrfToken = ''
let onSignedOut = () => {}

/** A refusal, with the server's own sentence. */
export class Refused extends Error {
  /** @param {number} status @param {{ code?: string, detail?: string, errors?: { field: string, message: string }[] }} problem */
  constructor(status, problem) {
    const fields = problem.errors?.map(({ field, message }) => `${field} ${message}`).join('; ')
    super(fields ?? problem.detail ?? `The server answered ${status}.`)
    this.status = status
    this.code = problem.code ?? ''
  }
}

/** @param {() => void} listener called when the session has ended */
export function whenSignedOut(listener) {
  onSignedOut = listener
}

/** @param {string} key the admin key, which is sent this once and kept nowhere */
export async function signIn(key) {
  const session = await request('POST', '/ops/api/session', undefined, { authorization: `Bearer ${key}` })
  csrfToken = session.csrf_token
  return session
}

/** @returns the session of this browser, if there is one. */
export async function resumeSession() {
  try {
    const session = await request('GET', '/ops/api/session')
    csrfToken = session.csrf_token
    return session
  } catch (error) {
    if (error instanceof Refused && error.status === 401) return undefined
    throw error
  }
}

export async function signOut() {
  await request('DELETE', '/ops/api/session')
  onSignedOut()
}

/** @param {string} path */
export function get(path) {
  return calling('GET', path)
}

/**
 * @param {string} path @param {object} [body]
 * @param {string} [key] the same for every try of one thing, which is then done once
 */
export function post(path, body, key) {
  return calling('POST', path, body, key === undefined ? {} : { 'idempotency-key': key })
}

/** Without `crypto.randomUUID`, which a page that came without TLS does not have. */
export function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('')
}

/** @param {string} path @param {object} body */
export function patch(path, body) {
  return calling('PATCH', path, body)
}

/** @param {string} path */
export function remove(path) {
  return calling('DELETE', path)
}

/** @param {string} method @param {string} path @param {object} [body] @param {Record<string, string>} [headers] */
async function calling(method, path, body, headers) {
  try {
    return await request(method, path, body, headers)
  } catch (error) {
    if (error instanceof Refused && error.status === 401) onSignedOut()
    throw error
  }
}

/**
 * @param {string} method @param {string} path @param {object} [body] @param {Record<string, string>} [headers]
 * @returns {Promise<any>}
 */
async function request(method, path, body, headers = {}) {
  const response = await fetch(path, {
    method,
    headers: {
      ...headers,
      ...(method === 'GET' ? {} : { 'x-csrf-token': csrfToken }),
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  }).catch(() => {
    throw new Error('The server cannot be reached.')
  })
  const answer = response.status === 204 ? {} : await response.json().catch(() => ({}))
  if (!response.ok) throw new Refused(response.status, answer)
  return answer
}
