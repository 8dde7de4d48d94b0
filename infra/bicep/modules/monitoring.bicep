// Logs and Application Insights. Sending telemetry needs an identity: the connection string alone is not enough.

param name string
param location string

@description('The principal that can write telemetry.')
param principalId string

@description('The maximum of logs in a day, in GB. -1: no maximum.')
param dailyLogCap int

// Monitoring Metrics Publisher.
var publisher = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  '3913510d-42f4-4e42-8a64-420c390055eb'
)

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' = {
  name: 'log-${name}'
  location: location
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: 90
    workspaceCapping: {
      dailyQuotaGb: dailyLogCap
    }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: 'appi-${name}'
  location: location
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    DisableLocalAuth: true
  }
}

resource publishing 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(insights.id, principalId, publisher)
  scope: insights
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: publisher
  }
}

output workspaceId string = workspace.id
output insightsId string = insights.id

@secure()
output connectionString string = insights.properties.ConnectionString
