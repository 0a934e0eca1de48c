/** How much a client may ask of the server, and for how long. Tests give smaller ones. */
export interface HttpLimits {
  /** From a connection's first moment, or a request's first byte, to the end of its headers. */
  headersTimeoutMs: number
  /** To the last byte of its body. */
  requestTimeoutMs: number
  /** How long a connection may be idle between requests. */
  keepAliveTimeoutMs: number
  /** How long a connection may be idle within a request or its answer. */
  stillTimeoutMs: number
  /** An answer that its client has not read completely is cut after one to two times this long. */
  answerTimeoutMs: number
  /** How often the times above are checked. */
  checkEveryMs: number
  /** How long to read on after the last answer on a connection, so that the client can receive it. */
  lingerMs: number
  /**
   * How long a listener that is to close still serves what comes, while a connection is open, and closes each with its
   * answer: a request on its way would get none.
   */
  partingMs: number
  connectionsMax: number
  requestsPerConnectionMax: number
  /** The request line and all headers together. */
  headBytesMax: number
}

/** Browsers and proxies send 10 to 30. Each header costs time, and this server reads only a few. */
export const HEADERS_MAX = 100

/**
 * Bytes of bodies that are being read at any one moment. One alone is bounded too, but ten thousand connections with
 * a megabyte each would be more than the machine has.
 */
export const BODIES_BYTES_MAX = 64 * 1024 * 1024

export const HTTP_LIMITS: HttpLimits = {
  headersTimeoutMs: 10_000,
  // A client that sends a byte now and then must not hold a socket.
  requestTimeoutMs: 30_000,
  // Longer than the 60 s after which common load balancers drop an idle connection: the one to close must be theirs.
  keepAliveTimeoutMs: 65_000,
  // Above every time-out of our own towards the database, so that it cuts no client that waits for us.
  stillTimeoutMs: 60_000,
  // A page of a list has some 300 kB. A client that reads it slower than 5 kB/s occupies memory that others need.
  answerTimeoutMs: 60_000,
  // Node's own 30 s would double them.
  checkEveryMs: 5_000,
  lingerMs: 1_000,
  // Some round trips.
  partingMs: 250,
  // Each costs memory and a file descriptor, of which a process commonly has 1,024 to 65,536.
  connectionsMax: 10_000,
  // Now and then a connection begins anew, and with several processes perhaps at one that has less to do. Node's own
  // limit answers what is pipelined beyond it with a bare 503 and leaves the connection open.
  requestsPerConnectionMax: 10_000,
  headBytesMax: 16 * 1024,
}
