import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** Runs the audit as a user does: `npm run audit`, or the program that the image has. */
export async function runCommand(
  databaseUrl: string,
  args: string[] = [],
  program = 'dev/audit.ts',
  settings: Record<string, string> = {},
): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...process.env, ...settings, DATABASE_URL: databaseUrl },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, output }
}
