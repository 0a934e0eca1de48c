import { readInput } from '../../platform/http/index.ts'
import { changeOperator, readOperators } from '../operators.ts'
import { OperatorPatch, toOperatorItem } from '../routes/operatorFields.ts'
import { operatorNotFound } from '../routes/refuse.ts'
import { commandActor } from './actor.ts'
import type { Command } from './commands.ts'

/** By name, as `npm run operators` takes them: those of the API, in the words of who runs a system. */
export const OPERATOR_COMMANDS: Record<string, Command> = {
  async list({ db }) {
    return (await readOperators(db)).map(toOperatorItem)
  },
  pause: change(() => ({ state: 'paused' })),
  drain: change(() => ({ state: 'drained' })),
  resume: change(() => ({ state: 'active' })),
  weight: change(([, weight]) => ({ weight: Number(weight) })),
}

function change(changed: (words: string[]) => object): Command {
  return async (context, { words, options }) => {
    const values = readInput(OperatorPatch, { ...options, ...changed(words) })
    const operator = await changeOperator(context, words[0] ?? '', values, commandActor())
    if (!operator) throw operatorNotFound()
    return toOperatorItem(operator)
  }
}
