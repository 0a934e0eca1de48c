export { COMMANDS } from './commands.ts'
export type { Command, CommandInput } from './commands.ts'
