// npm run swag: writes docs/openapi.json, and from it the types of the TypeScript client.
import { writeFileSync } from 'node:fs'
import { OPENAPI_FILE, renderOpenApi } from '../src/roles/swag.ts'
import { CLIENT_TYPES, describeClientTypes } from './clientTypes.ts'
import { answerHelp } from './commands/help.ts'

answerHelp('swag')
writeFileSync(OPENAPI_FILE, renderOpenApi())
writeFileSync(CLIENT_TYPES, await describeClientTypes())
