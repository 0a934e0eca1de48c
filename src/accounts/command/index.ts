export { COMMANDS } from './commands.ts'
export type { Command, CommandInput } from './commands.ts'
export { OPERATOR_COMMANDS } from './operatorCommands.ts'
