import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import { request } from 'undici'
import type { Program } from '../../dev/stack/programs.ts'
import { startEngineProcess } from '../support/engineProcess.ts'
import { eventually } from '../support/eventually.ts'
import type { Stack } from '../support/servers.ts'

/** A connection that goes to a process that hangs or was just killed may stay without an answer. */
export const GIVE_UP_MS = 3_000

/** Who asks the other processes waits a second for each: a sooner answer leaves none out. */
const WHOLE_WITHIN_MS = 900

/** The engine with two processes for the API besides the first. Resolves as soon as any serves. */
export function startSeveral(
  stack: Stack,
  { env, ...options }: { port?: number; env?: Record<string, string> } = {},
): Promise<Program> {
  return startEngineProcess(stack, { ...options, env: { API_PROCESSES: '2', ...env } })
}

/** The first process says so too, and last. */
export async function allServe(engine: Program): Promise<void> {
  await eventually('all serve', () => pidsOf(linesOf(engine, 'serving')).size === 3)
}

export function workersOf(engine: Program): number[] {
  return engine.processes().flatMap(({ pid }) => (pid === engine.pid ? [] : [pid]))
}

export function linesOf(engine: Program, message: string): Record<string, unknown>[] {
  return engine
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((line) => line['message'] === message)
}

export function pidsOf(lines: Record<string, unknown>[]): Set<unknown> {
  return new Set(lines.map(({ pid }) => pid))
}

/** On a connection of its own, so that each may be answered by another process. */
export async function ask(url: string, body?: object): Promise<{ status: number; text: string }> {
  const { statusCode, body: answer } = await request(url, {
    reset: true,
    headersTimeout: GIVE_UP_MS,
    ...(body === undefined
      ? {}
      : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  return { status: statusCode, text: await answer.text() }
}

/** The value of one series in the text of all metrics, 0 when it is not there. */
export function valueOf(metrics: string, series: string): number {
  const line = metrics.split('\n').find((each) => each.startsWith(`${series} `))
  return line ? Number(line.slice(series.length + 1)) : 0
}

/** Asks until the answer is as expected. Counts never fall, so one that counts too much never is. */
export function assertComesTo<T>(expected: T, read: () => Promise<T>): Promise<void> {
  return assertWhole(expected, read, 0)
}

/** The answer is as expected; it is asked for again only if it took so long that a process may be missing in it. */
export function assertAnswers<T>(expected: T, read: () => Promise<T>): Promise<void> {
  return assertWhole(expected, read, WHOLE_WITHIN_MS)
}

async function assertWhole<T>(expected: T, read: () => Promise<T>, wholeWithinMs: number): Promise<void> {
  let last: T | undefined
  const isTold = async () => {
    const startedAtMs = performance.now()
    last = await read().catch(() => undefined)
    const isWhole = last !== undefined && performance.now() - startedAtMs < wholeWithinMs
    return isWhole || isDeepStrictEqual(last, expected)
  }
  // What it is instead says more than that it never came true.
  await eventually('the answer is as expected', isTold).catch(() => {})
  assert.deepEqual(last, expected)
}

/** Requests of both classes that were accepted, by any process. */
export async function countAccepted(url: string): Promise<number> {
  const { status, text } = await ask(`${url}/metrics`)
  assert.equal(status, 200, text)
  const ofClass = (type: string) =>
    valueOf(text, `chapar_accept_decisions_total{class="${type}",decision="accepted"}`)
  return ofClass('normal') + ofClass('express')
}
