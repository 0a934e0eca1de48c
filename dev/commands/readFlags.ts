import { parseArgs, type ParseArgsConfig } from 'node:util'
import type { CommandName } from './catalogue.ts'
import { answerHelp } from './help.ts'

type Options = NonNullable<ParseArgsConfig['options']>

/**
 * The flags of a command; `--help` prints its help and ends the process.
 * @throws Error that names the wrong flag and, if it is unknown, the known ones.
 */
export function readFlags<O extends Options>(name: CommandName, args: string[], options: O) {
  answerHelp(name, args)
  try {
    return parseArgs({ args, options }).values
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION') throw error
    const [, flag = ''] = /'(.+?)'/.exec(message) ?? []
    const known = Object.keys(options).map((option) => `--${option}`)
    throw new Error(`unknown flag ${flag}; known flags: ${known.join(', ')}`, { cause: error })
  }
}
