// Checks that the types of the TypeScript client are those of docs/openapi.json. `node dev/check/clientTypes.ts`
import { readFileSync } from 'node:fs'
import { CLIENT_TYPES, describeClientTypes } from '../clientTypes.ts'

if (readFileSync(CLIENT_TYPES, 'utf8') !== (await describeClientTypes())) {
  console.error('client types: the API has changed; npm run client:types brings them up to date')
  process.exit(1)
}
console.log('client types: those of docs/openapi.json')
