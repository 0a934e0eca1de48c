import { fileURLToPath } from 'node:url'

/** The checkout. */
export const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url))

/** All state of the local stack: downloads, data, logs. Git ignores it. */
export const LOCAL = fileURLToPath(new URL('../../.local', import.meta.url))

/** Unpacked servers and their empty databases: what `make distclean` removes. */
export const SERVERS_FOLDER = `${LOCAL}/servers`

/** Where the Makefile has npm keep its downloads. */
export const NPM_CACHE = `${LOCAL}/npm`
