import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import type { Op } from './ops.ts'
import { predict } from './predict.ts'
import type { Result } from './predict.ts'
import type { Run } from './run.ts'
import type { Model } from './state.ts'
import type { Fault } from './steps.ts'
import { assertInvariants, readTable, tableOf, viewOf } from './table.ts'
import type { Table } from './table.ts'
import type { World } from './world.ts'

/** What happened at once has to come to what some order of it comes to. */
export async function compare(run: Run, ops: Op[], results: Result[], fault: Fault): Promise<void> {
  const { world, model } = run
  const table = await readTable(world.clocked.db)
  const real = realView(run, table, results)
  let first: unknown
  for (const order of ordersOf([...ops.keys()])) {
    for (const renewsFirst of [false, true]) {
      const candidate = structuredClone(model)
      const facts = { settled: [], late: [], newlyMarked: 0 }
      const how = { isAlone: ops.length === 1, fault, renewsFirst, facts }
      const expected: Result[] = []
      for (const position of order) {
        const [op, result] = [ops[position], results[position]]
        if (op && result) expected[position] = predict(candidate, op, result, how)
      }
      const view = modelView(run, candidate, table, expected, facts)
      first ??= view
      if (!isDeepStrictEqual(view, real)) continue
      run.model = candidate
      assertInvariants(run.table, table, candidate)
      run.table = table
      return
    }
  }
  assert.deepEqual(real, first, 'the real thing came to something else than the model, in any order')
}

function ordersOf(items: number[]): number[][] {
  if (items.length <= 1) return [items]
  return items.flatMap((first) =>
    ordersOf(items.filter((each) => each !== first)).map((rest) => [first, ...rest]),
  )
}

const sorted = (names: Iterable<string>) => [...names].sort()
const inOrder = (result: Result): Result =>
  result.kind === 'renewed' ? { ...result, ours: sorted(result.ours) } : result

function realView({ world, model }: Run, table: Table, results: Result[]) {
  const { facts, record } = world
  return {
    results: results.map(inOrder),
    ...viewOf(table, model.nowMs),
    reported: { settled: sorted(facts.settled), late: sorted(facts.late), newlyMarked: facts.newlyMarked },
    hands: Object.fromEntries(
      [...world.hands].map(([number, { inFlight }]) => [
        number,
        [sorted(inFlight.open), sorted(inFlight.unsettled)],
      ]),
    ),
    calls: Object.fromEntries(
      [...world.deliveries].map(([number, { parked }]) => [
        number,
        parked ? `${parked.operator}: ${parked.refs.join(' ')}` : '',
      ]),
    ),
    unmarked: [...record.unmarked],
  }
}

function modelView(
  { world }: Run,
  model: Model,
  table: Table,
  results: Result[],
  facts: World['facts'],
): ReturnType<typeof realView> {
  const hands = [...model.hands].filter(([number]) => !model.deliveries.has(number))
  return {
    results: results.map(inOrder),
    ...viewOf(tableOf(model, table, world.owners), model.nowMs),
    reported: { settled: sorted(facts.settled), late: sorted(facts.late), newlyMarked: facts.newlyMarked },
    hands: Object.fromEntries(
      hands.map(([number, { open, unsettled }]) => [number, [sorted(open), sorted(unsettled)]]),
    ),
    calls: Object.fromEntries(
      [...model.deliveries].map(([number, { call }]) => [
        number,
        call ? `${call.operator}: ${call.refs.join(' ')}` : '',
      ]),
    ),
    unmarked: [],
  }
}
