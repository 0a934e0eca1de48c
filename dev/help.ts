// make NAME ARGS=--help: `npm run help -- NAME`, or without a name the list of commands.
import { asksForHelp } from '../src/platform/answerHelp.ts'
import { COMMANDS, type CommandName } from './commands/catalogue.ts'
import { describeCommand, describeCommands } from './commands/help.ts'

const [name] = process.argv.slice(2)
if (name === undefined || asksForHelp()) print(describeCommands())
else if (Object.hasOwn(COMMANDS, name)) print(describeCommand(name as CommandName))
else {
  console.error(`unknown command ${name}; known commands: ${Object.keys(COMMANDS).join(', ')}`)
  process.exitCode = 2
}

function print(lines: string[]): void {
  console.log(lines.join('\n'))
}
