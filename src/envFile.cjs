'use strict'
// Preloaded by the npm scripts of the program: reads .env where there is one. Node's own --env-file-if-exists prints a
// line on every start without it. What the environment sets stays.
const { existsSync } = require('node:fs')
if (existsSync('.env')) process.loadEnvFile('.env')
