import assert from 'node:assert/strict'
import { findMeant } from '../../../src/platform/config/nearMiss.ts'
import { SETTINGS } from '../../../src/roles/settings.ts'

const KNOWN = Object.keys(SETTINGS)

describe('a near-miss of a setting', () => {
  const SLIPS: [string, string][] = [
    ['DATABSE_URL', 'DATABASE_URL'],
    ['DATABASE_URI', 'DATABASE_URL'],
    ['OPERATOR_A_ULR', 'OPERATOR_A_URL'],
    ['OPERATOR_C_URL', 'OPERATOR_A_URL'],
    ['LOGLEVEL', 'LOG_LEVEL'],
    ['log_level', 'LOG_LEVEL'],
    ['log-level', 'LOG_LEVEL'],
    ['LOG_LEVLE', 'LOG_LEVEL'],
    ['LOG_LVL', 'LOG_LEVEL'],
    ['AMPQ_URL', 'AMQP_URL'],
    ['AMQP_URI', 'AMQP_URL'],
    ['AMQPURL', 'AMQP_URL'],
    ['ROLES', 'ROLE'],
    ['role', 'ROLE'],
    ['PROT', 'PORT'],
    ['LISTEN_ADDRESS', 'LISTEN_ADDR'],
    ['DB_CONN_MAX_LIFETIME_SECONDS', 'DB_CONN_MAX_LIFETIME_SEC'],
    ['DB_MAX_OPEN_CONN', 'DB_MAX_OPEN_CONNS'],
    ['ALLOW_UNAUTENTICATED', 'ALLOW_UNAUTHENTICATED'],
    ['NORMALQUEUE', 'NORMAL_QUEUE'],
    ['PRICE_EXPRES', 'PRICE_EXPRESS'],
  ]
  for (const [slip, meant] of SLIPS) {
    it(`${slip} is taken for ${meant}`, () => assert.equal(findMeant(slip, KNOWN), meant))
  }

  it('is never a setting itself', () => {
    for (const name of KNOWN) assert.equal(findMeant(name, KNOWN), undefined)
  })

  it('is nothing of what an ordinary environment holds', () => {
    const ordinary = `PWD OLDPWD PATH HOME HOST HOSTNAME USER LOGNAME SHELL SHLVL TERM LANG LC_ALL LANGUAGE MAIL EDITOR
      PAGER DISPLAY TZ TMPDIR TEMP TMP CI DEBUG COLOR FORCE_COLOR NO_COLOR NODE NODE_ENV NODE_OPTIONS NODE_PATH INIT_CWD
      npm_config_loglevel npm_lifecycle_event npm_package_name npm_execpath npm_config_user_agent npm_config_port
      LISTEN_FDS LISTEN_PID LISTEN_FDNAMES NOTIFY_SOCKET INVOCATION_ID JOURNAL_STREAM XDG_RUNTIME_DIR SSH_CLIENT
      APP_URL API_URL BASE_URL MYSQL_URL REDIS_URL DB_URL DB_HOST DB_PORT DB_USER DB_NAME DATABASE_HOST DATABASE_PORT
      AMQP_HOST AMQP_PORT RABBITMQ_PORT MYSQL_PORT MYSQL_TCP_PORT API_PORT HTTP_PORT SMTP_PORT EXPORT SUPPORT
      KUBERNETES_SERVICE_HOST KUBERNETES_PORT CHAPAR_PORT OTEL_LOG_LEVEL OTEL_EXPORTER_OTLP_ENDPOINT OTEL_SERVICE_NAME
      RATE DURATION DB_ENGINE BROKER BROKER_URL MAKEFLAGS MAKELEVEL MFLAGS HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy _
      PS1 IFS BASH_ENV HISTFILE LESSOPEN LS_COLORS RUNNER_OS GITHUB_ACTIONS JAVA_HOME VIRTUAL_ENV HOSTTYPE PORTAGE`
    for (const name of [
      ...ordinary.split(/\s+/),
      ...Object.keys(process.env).filter((n) => !KNOWN.includes(n)),
    ]) {
      assert.equal(findMeant(name, KNOWN), undefined, name)
    }
  })
})
