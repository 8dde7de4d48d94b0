// Prints the archived days of an application as JSON, a line each, with the types that the client finds.
//
//   node read-daily-counts.js <connection string> <app id>
import { TableClient } from '@azure/data-tables';

const [, , connectionString, application] = process.argv;
const table = TableClient.fromConnectionString(connectionString, 'DailyMessageCounts', { allowInsecureConnection: true });
// Days alone: the archive's own row sorts behind them.
const filter = `PartitionKey eq '${application}' and RowKey lt ':'`;
for await (const row of table.listEntities({ queryOptions: { filter } })) {
  const types = Object.fromEntries(['Count', 'Source', 'Final', 'ArchivedAt'].map((name) => [name, typeOf(row[name])]));
  console.log(JSON.stringify({ day: row.rowKey, application: row.partitionKey, count: String(row.Count), source: row.Source, final: row.Final, archivedAt: row.ArchivedAt, types }));
}

function typeOf(value) {
  return value instanceof Date ? 'DateTime' : typeof value === 'bigint' ? 'Int64' : typeof value;
}
