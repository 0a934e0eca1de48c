/** The ADMIN_API_KEY of the present program's processes. */
export const ADMIN_KEY = 'the-admin-key-of-the-chaos-run-of-clients'
