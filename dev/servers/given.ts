export interface GivenServers {
  databaseUrl: string
  amqpUrl: string
}

/** The caller's own servers (DATABASE_URL and AMQP_URL); undefined when none are named and private ones are wanted. */
export function givenServers(env: NodeJS.ProcessEnv): GivenServers | undefined {
  const { DATABASE_URL: databaseUrl, AMQP_URL: amqpUrl } = env
  if (databaseUrl && amqpUrl) return { databaseUrl, amqpUrl }
  if (!databaseUrl && !amqpUrl) return undefined
  throw new Error(
    `set both DATABASE_URL and AMQP_URL, or neither: ${databaseUrl ? 'AMQP_URL' : 'DATABASE_URL'} is missing`,
  )
}

/** For printing: the password of the caller's server is not shown. */
export function withoutPassword(url: string): string {
  return url.replace(/^([a-z]+:\/\/[^:@/]*):[^@]*@/, '$1:***@')
}
