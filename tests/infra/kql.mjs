// Checks KQL queries with the language's own parser, and says, a line each, what is wrong with them: those of a workbook, or of alert
// rules in the same form. A query may name only the tables below, and only their columns.
//
//   node kql.mjs <workbook>
import fs from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
require('@kusto/language-service-next/bridge.min.js');
require('@kusto/language-service-next/Kusto.Language.Bridge.min.js');
const { GlobalState, KustoCode, Symbols } = globalThis.Kusto.Language;

// The tables of Application Insights that Gatehouse's telemetry is in, with the columns that it fills.
const common = 'timestamp: datetime, customDimensions: dynamic, itemCount: int, cloud_RoleName: string, cloud_RoleInstance: string, operation_Name: string, operation_Id: string';
const schema = {
  customMetrics: `${common}, name: string, valueCount: int, valueSum: real, valueMin: real, valueMax: real`,
  requests: `${common}, name: string, url: string, success: bool, resultCode: string, duration: real`,
  dependencies: `${common}, name: string, type: string, target: string, success: bool, resultCode: string, duration: real`,
  traces: `${common}, message: string, severityLevel: int`,
};
const tables = Object.entries(schema).map(([name, columns]) => Symbols.TableSymbol.From(`(${columns})`).WithName(name));
const globals = GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.ctor('insights', tables));

const workbook = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
for (const item of workbook.items.filter(each => each.type === 3)) {
  // The workbook puts the grain of its time range in before it sends a query.
  const query = item.content.query.replaceAll('{TimeRange:grain}', '5m');
  const found = KustoCode.ParseAndAnalyze(query, globals).GetDiagnostics();
  for (let at = 0; at < found.Count; at++) {
    const { Start, Message } = found.getItem(at);
    console.log(`${item.name}, line ${query.slice(0, Start).split('\n').length}: ${Message}`);
  }
}
