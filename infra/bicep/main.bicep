// Everything that Gatehouse needs in Azure, in one resource group.

@description('Short name of the environment, such as dev or prod: part of every name.')
@minLength(2)
@maxLength(8)
param environmentName string

@description('Where everything is. Flex Consumption is not in every region.')
param location string = resourceGroup().location

@description('The tenant whose bearer tokens the facade takes.')
param entraTenantId string = tenant().tenantId

@description('The client id of the app registration that stands for the facade: bearer tokens must be for it.')
param entraClientId string

@description('Embedded: the platform within Gatehouse. Hosted: the real service.')
@allowed(['Embedded', 'Hosted'])
param platformMode string = 'Hosted'

@description('Which API the organization is spoken to by, where the platform is hosted: the contract\'s HTTP Basic, or the organization API.')
@allowed(['Basic', 'Gate'])
param organizationDialect string = 'Gate'

@description('Where alerts are posted to; empty for nobody. Their signing secret is the vault\'s secret alerts-webhook-secret.')
param alertsWebhookUrl string = ''

@description('Whether the secret before it, alerts-webhook-secret-previous, still signs as well: while receivers change over.')
param keepPreviousAlertsSecret bool = false

@description('Settings beyond those given here, such as Entra__Confined__0__Id. What is set past Bicep, the next deployment removes.')
param furtherSettings object = {}

@description('Where OpenTelemetry goes by OTLP; empty for nowhere but Application Insights, which the Functions host writes.')
param otlpEndpoint string = ''

@description('Who is told by mail when an alert of Azure\'s fires; empty for nobody.')
param operatorEmail string = ''

@description('The most instances.')
@minValue(1)
@maxValue(1000)
param maximumInstances int = 40

@description('The memory of an instance, in MB.')
@allowed([512, 2048, 4096])
param instanceMemory int = 2048

@description('How many instances for HTTP are always ready; 0 to start from nothing.')
@minValue(0)
@maxValue(20)
param alwaysReadyInstances int = 0

@description('Whether storage and vault are reached over private endpoints alone.')
param usePrivateEndpoints bool = false

var suffix = uniqueString(resourceGroup().id, environmentName)
var baseName = 'gatehouse-${environmentName}'

module identity 'modules/identity.bicep' = {
  params: {
    name: 'id-${baseName}'
    location: location
  }
}

module monitoring 'modules/monitoring.bicep' = {
  params: {
    name: baseName
    location: location
    principalId: identity.outputs.principalId
  }
}

module network 'modules/network.bicep' = if (usePrivateEndpoints) {
  params: {
    name: 'vnet-${baseName}'
    location: location
  }
}

module storage 'modules/storage.bicep' = {
  params: {
    name: take('stgate${environmentName}${suffix}', 24)
    location: location
    principalId: identity.outputs.principalId
    workspaceId: monitoring.outputs.workspaceId
    isPublic: !usePrivateEndpoints
  }
}

module vault 'modules/vault.bicep' = {
  params: {
    name: take('kv-gate-${environmentName}-${suffix}', 24)
    location: location
    principalId: identity.outputs.principalId
    workspaceId: monitoring.outputs.workspaceId
    isPublic: !usePrivateEndpoints
  }
}

module endpoints 'modules/privateEndpoints.bicep' = if (usePrivateEndpoints) {
  params: {
    name: baseName
    location: location
    virtualNetworkId: network!.outputs.virtualNetworkId
    subnetId: network!.outputs.endpointSubnetId
    storageId: storage.outputs.id
    vaultId: vault.outputs.id
  }
}

module functionApp 'modules/functionApp.bicep' = {
  params: {
    name: 'func-${baseName}-${suffix}'
    location: location
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    storageName: storage.outputs.name
    deploymentContainerUrl: storage.outputs.deploymentContainerUrl
    tableEndpoint: storage.outputs.tableEndpoint
    vaultUri: vault.outputs.uri
    insightsConnectionString: monitoring.outputs.connectionString
    entraTenantId: entraTenantId
    entraClientId: entraClientId
    platformMode: platformMode
    organizationDialect: organizationDialect
    alertsWebhookUrl: alertsWebhookUrl
    keepPreviousAlertsSecret: keepPreviousAlertsSecret
    furtherSettings: furtherSettings
    otlpEndpoint: otlpEndpoint
    maximumInstances: maximumInstances
    instanceMemory: instanceMemory
    alwaysReadyInstances: alwaysReadyInstances
    subnetId: usePrivateEndpoints ? network!.outputs.functionSubnetId : ''
  }
}

module alerts 'modules/alerts.bicep' = {
  params: {
    name: baseName
    location: location
    insightsId: monitoring.outputs.insightsId
    operatorEmail: operatorEmail
  }
}

@description('The function app\'s name: what a deployment is for.')
output functionAppName string = functionApp.outputs.name

@description('Where the facade is.')
output address string = functionApp.outputs.address

@description('The vault: where an operator puts master tokens and the organization\'s credentials.')
output vaultName string = vault.outputs.name
