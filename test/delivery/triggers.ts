import { createConnection } from 'mysql2/promise'

/** Triggers by which the database refuses writes, made by an administrator as MySQL wants it. */
export interface Triggers {
  /** @param condition on NEW and OLD. */
  refuse(table: string, event: 'INSERT' | 'UPDATE', condition: string): Promise<void>
  dropAll(): Promise<void>
}

const DATABASE = 'chapar'

export function openTriggers(adminUrl: string): Triggers {
  const names: string[] = []
  const run = async (statement: string) => {
    const connection = await createConnection(adminUrl)
    await connection.query(statement).finally(() => connection.end())
  }
  return {
    refuse: async (table, event, condition) => {
      const name = `${DATABASE}.refuse_${names.length}`
      names.push(name)
      await run(`CREATE TRIGGER ${name} BEFORE ${event} ON ${DATABASE}.${table} FOR EACH ROW
        IF ${condition} THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'refused by the test'; END IF`)
    },
    dropAll: async () => {
      for (const name of names.splice(0)) await run(`DROP TRIGGER IF EXISTS ${name}`)
    },
  }
}
