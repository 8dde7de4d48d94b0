// The workbook that shows the telemetry of Gatehouse, its vault and its tables.

param name string
param location string
param insightsId string
param vaultId string
param storageId string

var content = loadTextContent('../../workbooks/gatehouse.json')
var withInsights = replace(content, '__INSIGHTS_ID__', insightsId)
var withVault = replace(withInsights, '__VAULT_ID__', vaultId)
var serializedContent = replace(withVault, '__STORAGE_ID__', storageId)

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(resourceGroup().id, name)
  location: location
  kind: 'shared'
  properties: {
    displayName: name
    category: 'workbook'
    sourceId: insightsId
    serializedData: serializedContent
  }
}
