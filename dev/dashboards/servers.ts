import { quantileBy, rateBy } from './panel.ts'
import type { Dashboard } from './panel.ts'

export const SERVERS: Dashboard = {
  uid: 'chapar-servers',
  title: 'MySQL and RabbitMQ',
  panels: [
    {
      title: 'Connections of a pool',
      unit: 'short',
      queries: [['sum by (pool, state) (chapar_db_connections)', '{{pool}} {{state}}']],
    },
    {
      title: 'Transactions and reads, 99th percentile',
      unit: 's',
      queries: [[quantileBy('operation', 0.99, 'chapar_db_operation_duration_seconds'), '{{operation}}']],
    },
    {
      title: 'Transactions that were retried or failed',
      unit: 'ops',
      queries: [
        [
          rateBy('operation, outcome', 'chapar_db_operation_duration_seconds_count{outcome!="ok"}'),
          '{{operation}} {{outcome}}',
        ],
      ],
    },
    {
      title: 'Partitions ahead, weeks',
      unit: 'short',
      queries: [['min by (table) (chapar_partition_weeks)', '{{table}}']],
    },
    {
      title: 'MySQL: statements',
      unit: 'ops',
      queries: [
        [
          rateBy(
            'command',
            'mysql_global_status_commands_total{command=~"select|insert|update|delete|commit|rollback"}',
          ),
          '{{command}}',
        ],
      ],
    },
    {
      title: 'MySQL: threads',
      unit: 'short',
      queries: [
        ['mysql_global_status_threads_connected', 'connected'],
        ['mysql_global_status_threads_running', 'running'],
      ],
    },
    {
      title: 'MySQL: row lock waits',
      unit: 'ops',
      queries: [[rateBy('job', 'mysql_global_status_innodb_row_lock_waits'), 'waits']],
    },
    {
      title: 'MySQL: log written',
      unit: 'bytes',
      queries: [[rateBy('job', 'mysql_global_status_innodb_os_log_written'), 'bytes a second']],
    },
    {
      title: 'RabbitMQ: ready messages by queue',
      unit: 'short',
      queries: [['max by (queue) (rabbitmq_detailed_queue_messages_ready)', '{{queue}}']],
    },
    {
      title: 'RabbitMQ: consumers by queue',
      unit: 'short',
      queries: [['max by (queue) (rabbitmq_detailed_queue_consumers)', '{{queue}}']],
    },
    {
      title: 'RabbitMQ: confirmed and acknowledged',
      unit: 'ops',
      queries: [
        [rateBy('job', 'rabbitmq_global_messages_confirmed_total'), 'confirmed'],
        [rateBy('job', 'rabbitmq_global_messages_acknowledged_total'), 'acknowledged'],
      ],
    },
    {
      title: 'RabbitMQ: memory',
      unit: 'bytes',
      queries: [
        ['sum(rabbitmq_process_resident_memory_bytes)', 'used'],
        ['sum(rabbitmq_resident_memory_limit_bytes)', 'limit'],
      ],
    },
  ],
}
