// The workbook that shows Gatehouse's telemetry. docs/telemetry.md describes it.

param name string
param location string

@description('The Application Insights that the queries read.')
param insightsId string

@description('The vault whose metrics are shown.')
param vaultId string

@description('The storage account whose table metrics are shown.')
param storageId string

@description('The audit trail\'s storage account. It can be chosen instead.')
param auditStorageId string

var template = loadTextContent('../../workbooks/gatehouse.workbook.json')
var withInsights = replace(template, '__INSIGHTS_ID__', insightsId)
var withVault = replace(withInsights, '__VAULT_ID__', vaultId)
var withAudit = replace(withVault, '__AUDIT_STORAGE_ID__', auditStorageId)

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(resourceGroup().id, name)
  location: location
  kind: 'shared'
  properties: {
    displayName: name
    category: 'workbook'
    sourceId: insightsId
    serializedData: replace(withAudit, '__STORAGE_ID__', storageId)
  }
}
