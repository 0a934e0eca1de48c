import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { createConnection } from 'mysql2/promise'
import type { Connection, RowDataPacket } from 'mysql2/promise'
import { waitUntil } from '../../dev/processes/waitUntil.ts'
import { databaseParts, databaseUrls } from '../../dev/servers/databaseServer.ts'
import type { DatabaseOptions } from '../../dev/servers/databaseServer.ts'
import { fetchEngine } from '../../dev/servers/fetch.ts'
import { createServer } from '../../dev/servers/createServer.ts'
import { freePorts } from '../../dev/servers/ports.ts'
import type { Server } from '../../dev/servers/server.ts'

/** A server of the group. */
export interface Member extends Server {
  number: number
  /** The program's user. */
  url: string
  adminUrl: string
}

/** Three servers with the same data, of which one takes writes. */
export interface DatabaseGroup {
  members: readonly Member[]
  /** Starts a member, which recovers what it missed from the others; resolves when it is part of the group again. */
  join(member: Member): Promise<void>
  /** The member that the others take for the primary; undefined: there is none at the moment. */
  primary(): Promise<Member | undefined>
  /** Moves the primary to this member in order; resolves when it is there. */
  moveTo(member: Member): Promise<void>
  stop(): Promise<void>
}

const MEMBERS = 3
const JOIN_TIMEOUT_MS = 120_000
const ASK_TIMEOUT_MS = 2_000

/** Starts the group: the first member founds it. */
export async function startDatabaseGroup(
  folder: string,
  password: string,
  onProgress: (line: string) => void,
): Promise<DatabaseGroup> {
  const tree = await fetchEngine('mysql', onProgress)
  const ports = await freePorts(2 * MEMBERS)
  const communicationPorts = ports.slice(MEMBERS)
  const name = randomUUID()
  const members = ports.slice(0, MEMBERS).map((port, index): Member => {
    const communicationPort = communicationPorts[index] ?? 0
    const options: DatabaseOptions = {
      ...{ engine: 'mysql', tree, port, password, folder: join(folder, `mysql-${index + 1}`) },
      group: { number: index + 1, name, communicationPort, communicationPorts },
    }
    const { url, adminUrl } = databaseUrls(options)
    return { ...createServer(databaseParts(options), folder), number: index + 1, url, adminUrl }
  })
  const group = groupOf(members, password)
  for (const member of members) {
    await member.start()
    if (member === members[0]) await found(member, password)
    else await joinGroup(member, password)
    onProgress(`member ${member.number} of the group is there`)
  }
  return group
}

function groupOf(members: readonly Member[], password: string): DatabaseGroup {
  return {
    members,
    async join(member) {
      await member.start()
      await joinGroup(member, password)
    },
    async primary() {
      for (const asked of members.filter((each) => each.pids().length > 0)) {
        const port = await primaryPort(asked).catch(() => undefined)
        if (port !== undefined) return members.find((each) => each.port === port)
      }
      return undefined
    },
    moveTo: (member) =>
      as(member, async (connection) => {
        await connection.query('SELECT group_replication_set_as_primary(@@server_uuid)')
      }),
    stop: async () => void (await Promise.all(members.map((each) => each.stop()))),
  }
}

async function found(member: Member, password: string): Promise<void> {
  await as(member, async (connection) => {
    await connection.query('SET GLOBAL group_replication_bootstrap_group = ON')
    await startReplication(connection, password)
    await connection.query('SET GLOBAL group_replication_bootstrap_group = OFF')
  })
}

async function joinGroup(member: Member, password: string): Promise<void> {
  await as(member, async (connection) => {
    await startReplication(connection, password)
    const isOnline = async () => {
      const [rows] = await connection.query<RowDataPacket[]>(
        `SELECT 1 FROM performance_schema.replication_group_members
         WHERE MEMBER_ID = @@server_uuid AND MEMBER_STATE = 'ONLINE'`,
      )
      return rows.length > 0
    }
    const what = `member ${member.number} to have recovered`
    await waitUntil(isOnline, { what, timeoutMs: JOIN_TIMEOUT_MS, intervalMs: 200 })
  })
}

async function startReplication(connection: Connection, password: string): Promise<void> {
  await connection.query(`START GROUP_REPLICATION USER = 'admin', PASSWORD = '${password}'`)
}

/** A member without a majority knows of no primary that serves. */
async function primaryPort(asked: Member): Promise<number | undefined> {
  return as(asked, async (connection) => {
    const [rows] = await connection.query<RowDataPacket[]>(
      `SELECT MEMBER_PORT AS port FROM performance_schema.replication_group_members
       WHERE MEMBER_ROLE = 'PRIMARY' AND MEMBER_STATE = 'ONLINE'`,
    )
    return (rows[0] as { port: number } | undefined)?.port
  })
}

async function as<T>(member: Member, work: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await createConnection({ uri: member.adminUrl, connectTimeout: ASK_TIMEOUT_MS })
  try {
    return await work(connection)
  } finally {
    connection.destroy()
  }
}
